export default explorer("stepview", "pictures, step by step", (model, ui) => {
  const pictures = model.get("pictures"),
    captions = model.get("captions"),
    last = pictures.length - 1;
  const bar = make("div", { class: "stepview-bar" }),
    back = make("button", { type: "button" }, "◀ back"),
    on = make("button", { type: "button" }, "next ▶"),
    slider = make("input", { type: "range", min: 0, max: last, step: 1 }),
    said = make("div", { class: "stepview-said", role: "status", "aria-live": "polite" }),
    count = make("b"),
    caption = make("span"),
    image = make("img");
  const go = (step) => ui.set({ step: Math.min(Math.max(step, 0), last) });
  back.addEventListener("click", () => go(model.get("step") - 1));
  on.addEventListener("click", () => go(model.get("step") + 1));
  slider.addEventListener("input", () => go(Number(slider.value)));
  bar.append(back, on, ...labelled("step", slider));
  said.append(count, " ", caption);
  ui.root.append(bar, said, image);

  const draw = () => {
    const step = model.get("step"),
      [source, alt, width] = pictures[step];
    slider.value = step;
    slider.setAttribute("aria-valuetext", captions[step]);
    enable(back, step > 0, on);
    enable(on, step < last, back);
    count.textContent = `${step + 1} of ${last + 1}`;
    caption.textContent = captions[step];
    image.width = width;
    image.alt = alt;
    image.src = source;
  };
  ui.on(["step"], draw);
  draw();
});

function render({ model, el }) {
  const root = frame(el, "playview", "sampling playground");
  const work = working(model);
  const input = make("input", { type: "text", maxlength: 600, spellcheck: "false" });
  root.append(...labelled("the text so far", input));
  const again = () => work.ask({ turn: model.get("turn") + 1 });
  const ks = model.get("ks");
  const offs = [
    ["temperature", 0, 3, 0.05, (v) => v, (v) => v, (v) => v.toFixed(2)],
    [
      "top_k",
      0,
      ks.length - 1,
      1,
      (k) =>
        Math.max(
          0,
          ks.findIndex((other) => other >= k),
        ),
      (i) => ks[i],
      (k) => (k === ks[ks.length - 1] ? "all" : String(k)),
    ],
    ["top_p", 0, 1, 0.01, (v) => v, (v) => v, (v) => v.toFixed(2)],
  ].map(([name, min, max, step, toSlider, fromSlider, show]) => {
    const row = make("div", { class: "playview-dial" });
    const slider = make("input", { type: "range", min, max, step });
    const shown = make("span", { class: "playview-value", "aria-hidden": "true" });
    row.append(...labelled(name.replace("_", "-"), slider), shown);
    root.append(row);
    const draw = () => {
      const value = model.get(name);
      slider.value = toSlider(value);
      shown.textContent = show(value);
      slider.setAttribute("aria-valuetext", show(value));
    };
    slider.addEventListener("input", () => work.ask({ [name]: fromSlider(Number(slider.value)) })); // the bars, at once
    slider.addEventListener("change", debounced(250, again)); // the samples, when it rests
    draw();
    return listen(model, [name], draw);
  });
  const said = make("div", { class: "byhand-said", role: "status", "aria-live": "polite" });
  const table = make("div", {
    class: "playview-bars",
    role: "list",
    "aria-label": "probabilities of the next token",
  });
  const button = make("button", { type: "button" }, "ten other samples");
  const list = make("ol", { class: "playview-samples", "aria-label": "samples" });
  button.addEventListener("click", again);
  root.append(said, table, button, work.sign, list);
  input.value = model.get("text");
  input.addEventListener(
    "input",
    debounced(250, () => work.ask({ text: input.value, turn: model.get("turn") + 1 })),
  );

  const percent = (share) => (100 * share).toFixed(share < 0.1 ? 1 : 0) + " %";
  const drawRows = () => {
    said.textContent = model.get("said");
    table.replaceChildren(
      ...model.get("rows").map(([text, plain, now, kept]) => {
        const row = make("div", { class: "playview-row", role: "listitem" });
        const track = make("div", { class: "playview-track", "aria-hidden": "true" });
        const bar = make("div", { class: "playview-bar" }),
          mark = make("div", { class: "playview-mark" });
        bar.style.width = 100 * now + "%";
        mark.style.left = 100 * plain + "%";
        track.append(bar, mark);
        row.append(
          make("code", {}, text),
          track,
          make("span", { class: "playview-number" }, kept ? percent(now) : "dropped"),
        );
        return row;
      }),
    );
  };
  const drawSamples = () => {
    list.replaceChildren(
      ...model.get("samples").map(([text, over]) => {
        const item = make("li");
        item.append(make("span", {}, text), make("small", {}, over ? " (the end)" : " …"));
        return item;
      }),
    );
  };
  offs.push(
    listen(model, ["rows", "said"], drawRows),
    listen(model, ["samples"], drawSamples),
    listen(model, ["text"], () => {
      if (input.value !== model.get("text")) input.value = model.get("text");
    }),
  );
  drawRows();
  drawSamples();
  return () => {
    work.off();
    offs.forEach((off) => off());
  };
}
export default { render };

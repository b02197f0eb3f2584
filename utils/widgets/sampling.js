export default explorer("playview", "sampling playground", (model, ui) => {
  const another = () => ({ turn: model.get("turn") + 1 });
  const box = ui.typed(make("textarea", { rows: 2, spellcheck: "false" }), 250, (text) =>
    ui.ask({ text, ...another() }),
  );
  ui.root.append(...labelled("the text so far", box));
  ui.asks(box);

  const dial = (name, [min, max, step], show, toSlider = (v) => v, fromSlider = (v) => v) => {
    const row = make("div", { class: "playview-dial" });
    const slider = make("input", { type: "range", min, max, step });
    const shown = make("span", { class: "playview-value", "aria-hidden": "true" });
    const rests = debounced(250, () => ui.ask(another()));
    const draw = () => {
      const value = model.get(name);
      slider.value = toSlider(value);
      shown.textContent = show(value);
      slider.setAttribute("aria-valuetext", show(value));
    };
    // the bars follow at once, the samples when the slider rests
    slider.addEventListener("input", () => ui.ask({ [name]: fromSlider(Number(slider.value)) }));
    slider.addEventListener("change", rests);
    ui.atEnd(rests.stop);
    ui.asks(slider);
    ui.on([name], draw);
    row.append(...labelled(name.replace("_", "-"), slider), shown);
    ui.root.append(row);
    draw();
  };
  const ks = model.get("ks"),
    all = ks[ks.length - 1];
  dial("temperature", [0, 3, 0.05], (v) => v.toFixed(2));
  dial(
    "top_k",
    [0, ks.length - 1, 1],
    (k) => (k === all ? "all" : String(k)),
    (k) => ks.findIndex((other) => other >= k),
    (i) => ks[i],
  );
  dial("top_p", [0, 1, 0.01], (v) => v.toFixed(2));

  const said = make("div", { class: "byhand-said", role: "status", "aria-live": "polite" });
  const table = make("div", {
    class: "playview-bars",
    role: "list",
    "aria-label": "probabilities of the next token",
  });
  const button = make("button", { type: "button" }, "ten other samples");
  const list = make("ol", { class: "playview-samples", "aria-label": "samples" });
  button.addEventListener("click", () => ui.ask(another()));
  ui.asks(button);
  ui.root.append(said, table, button, ui.sign, list);

  const number = (share) => (100 * share).toFixed(share < 0.1 ? 1 : 0) + " %";
  const bar = ([text, plain, now, kept]) => {
    const row = make("div", { class: "playview-row", role: "listitem" });
    const track = make("div", { class: "playview-track", "aria-hidden": "true" });
    const bar = make("div", { class: "playview-bar" }),
      mark = make("div", { class: "playview-mark" });
    bar.style.width = 100 * now + "%";
    mark.style.left = 100 * plain + "%";
    track.append(bar, mark);
    const shown = make("span", { class: "playview-number" }, kept ? number(now) : "dropped");
    row.append(make("code", {}, text), track, shown);
    return row;
  };
  const drawBars = () => {
    said.textContent = model.get("said");
    table.replaceChildren(...model.get("rows").map(bar));
  };
  const drawSamples = () =>
    list.replaceChildren(
      ...model.get("samples").map(([text, over]) => {
        const item = make("li");
        item.append(make("span", {}, text), make("small", {}, over ? " (the end)" : " …"));
        return item;
      }),
    );
  ui.on(["rows", "said"], drawBars);
  ui.on(["samples"], drawSamples);
  drawBars();
  drawSamples();
});

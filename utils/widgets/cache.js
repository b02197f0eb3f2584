function render({ model, el }) {
  const root = frame(el, "cacheview", "the KV cache, step by step");
  const [layers, heads, T, D] = model.get("sizes"),
    words = model.get("words"),
    numbers = floats(model, "numbers");
  const each = heads * T * D,
    whole = 4 * each + heads * T * T;
  const row = (name, t) => {
    // D numbers of one token in the chosen head
    const start =
      model.get("layer") * whole +
      ["q", "k", "v", "found"].indexOf(name) * each +
      (model.get("head") * T + t) * D;
    return numbers.subarray(start, start + D);
  };
  const share = (t, s) =>
    numbers[model.get("layer") * whole + 4 * each + (model.get("head") * T + t) * T + s];
  const set = (changes) => {
    for (const name in changes) model.set(name, changes[name]);
    model.save_changes();
  };

  const bar = make("div", { class: "cacheview-bar" });
  const back = make("button", { type: "button" }, "◀ back"),
    on = make("button", { type: "button" }, "next ▶");
  const slider = make("input", { type: "range", min: 0, max: T - 1, step: 1 });
  const layer = menu(model, "layer", layers),
    head = menu(model, "head", heads),
    kept = make("input", { type: "checkbox" });
  back.addEventListener("click", () => set({ step: Math.max(0, model.get("step") - 1) }));
  on.addEventListener("click", () => set({ step: Math.min(T - 1, model.get("step") + 1) }));
  slider.addEventListener("input", () => set({ step: Number(slider.value) }));
  kept.addEventListener("change", () => set({ kept: kept.checked }));
  const keep = make("span");
  keep.append(...labelled("keep keys and values", kept).reverse());
  bar.append(
    back,
    on,
    ...labelled("token", slider),
    ...labelled("layer", layer),
    ...labelled("head", head),
    keep,
  );
  const said = make("div", { class: "byhand-said", role: "status", "aria-live": "polite" });
  const sheet = make("div", { class: "cacheview-sheet" }),
    counts = make("table", { class: "cacheview-counts" });
  counts.append(make("caption", {}, "in the whole model"));
  root.append(bar, said, sheet, counts);

  let most = {}; // a scale for queries and keys, one for values
  const strip = (values, role) => {
    const node = make("canvas", { class: "cacheview-" + role, "aria-hidden": "true" });
    pixels(node, D, 1, (i) => signed(values[i], most[role]));
    node.title = Array.from(values.slice(0, 6), (n) => n.toFixed(2)).join(", ") + ", …";
    return node;
  };
  const big = (n) => n.toLocaleString("en");
  const draw = () => {
    const t = model.get("step"),
      keeps = model.get("kept");
    slider.value = t;
    slider.setAttribute("aria-valuetext", words[t]);
    layer.value = model.get("layer");
    head.value = model.get("head");
    kept.checked = keeps;
    back.disabled = t === 0;
    on.disabled = t === T - 1;
    const largest = (...names) =>
      Math.max(
        ...names.flatMap((name) => words.flatMap((_, s) => Array.from(row(name, s), Math.abs))),
      );
    most = { query: largest("q", "k"), value: largest("v") };
    ((most.key = most.query), (most.found = most.value));

    const table = make("table"),
      title = make("tr"),
      query = make("tr"),
      sum = make("tr");
    for (const name of ["token", "query", "key", "share", "value"])
      title.append(make("th", { scope: "col" }, name));
    table.append(title);
    words.forEach((word, s) => {
      const line = make("tr", {
        class:
          s > t
            ? "cacheview-later"
            : s === t
              ? "cacheview-new"
              : keeps
                ? "cacheview-kept"
                : "cacheview-again",
      });
      const state =
        s > t ? "not read yet" : s === t ? "new: made now" : keeps ? "kept, used" : "made again";
      const name = make("th", { scope: "row" });
      name.append(make("b", {}, word), make("small", {}, state));
      line.append(name);
      const cells = [0, 1, 2, 3].map(() => make("td"));
      if (s <= t) {
        if (s === t || !keeps) cells[0].append(strip(row("q", s), "query"));
        else cells[0].textContent = "not needed";
        cells[1].append(strip(row("k", s), "key"));
        const w = share(t, s),
          track = make("span", { class: "cacheview-share" });
        track.style.width = 60 * w + "px";
        cells[2].append(track, " " + w.toFixed(2));
        cells[3].append(strip(row("v", s), "value"));
      }
      line.append(...cells);
      table.append(line);
    });
    sum.append(
      make("th", { scope: "row" }, "found"),
      make("td", { colspan: 3 }, "sum of share × value"),
      make("td"),
    );
    sum.lastChild.append(strip(row("found", t), "found"));
    table.append(sum);
    sheet.replaceChildren(table);

    const all = layers * heads,
      work = model.get("work");
    said.textContent =
      `Step ${t + 1} of ${T}: reads “${words[t]}”. ` +
      (keeps
        ? `One new key and value in each of ${all} heads; ${t ? "those of " + words.slice(0, t).join(", ") + " are only looked up" : "nothing is kept yet"}.`
        : `Without a cache the keys and values of all ${t + 1} tokens are made${t ? " again" : ""}, and all queries with them.`);
    const sumOf = (i) => work.slice(0, t + 1).reduce((a, both) => a + both[i], 0);
    const line = (name, ...cells) => {
      const node = make("tr");
      node.append(make("th", { scope: "row" }, name), ...cells.map((cell) => make("td", {}, cell)));
      return node;
    };
    const labels = make("tr");
    labels.append(
      make("td"),
      make("th", { scope: "col" }, "with the cache"),
      make("th", { scope: "col" }, "without"),
      make("th", { scope: "col" }, "times"),
    );
    const times = (a, b) => (b / a).toFixed(1) + " ×";
    const row3 = (name, a, b) => line(name, big(a), big(b), a ? times(a, b) : "");
    counts.replaceChildren(
      counts.querySelector("caption"),
      labels,
      row3("keys made, and as many values", all, all * (t + 1)),
      line("keys kept from before", big(all * t), "0", ""),
      line("keys used", big(all * (t + 1)), big(all * (t + 1)), ""),
      row3("multiplications for this token", work[t][0], work[t][1]),
      row3("multiplications so far", sumOf(0), sumOf(1)),
    );
    counts
      .querySelectorAll("tr")
      .forEach((node) => node.children[keeps ? 1 : 2].classList.add("cacheview-chosen"));
  };
  const off = listen(model, ["step", "layer", "head", "kept"], draw);
  draw();
  return off;
}
export default { render };

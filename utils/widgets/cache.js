export default explorer("cacheview", "the KV cache, step by step", (model, ui) => {
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

  const bar = make("div", { class: "cacheview-bar" });
  const back = make("button", { type: "button" }, "◀ back"),
    on = make("button", { type: "button" }, "next ▶");
  const slider = make("input", { type: "range", min: 0, max: T - 1, step: 1 });
  const layer = menu("layer", layers, (i) => ui.set({ layer: i })),
    head = menu("head", heads, (i) => ui.set({ head: i })),
    kept = make("input", { type: "checkbox" });
  back.addEventListener("click", () => ui.set({ step: model.get("step") - 1 }));
  on.addEventListener("click", () => ui.set({ step: model.get("step") + 1 }));
  slider.addEventListener("input", () => ui.set({ step: Number(slider.value) }));
  kept.addEventListener("change", () => ui.set({ kept: kept.checked }));
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
  ui.root.append(bar, said, sheet, counts);

  let most = {}; // a scale for queries and keys, one for values
  const strip = (values, role) => {
    const node = make("canvas", { class: "cacheview-" + role, "aria-hidden": "true" });
    pixels(node, D, 1, (i) => signed(values[i], most[role]));
    node.title = Array.from(values.slice(0, 6), (n) => n.toFixed(2)).join(", ") + ", …";
    return node;
  };
  const cell = (tag, text, attributes = {}) => make(tag, attributes, text);
  const line = (...cells) => {
    const node = make("tr");
    node.append(...cells);
    return node;
  };
  const titles = (...names) => names.map((name) => cell("th", name, { scope: "col" }));

  // A token's row: its query, key and value where they are made or kept, and its share.
  const STATES = {
    later: "not read yet",
    new: "new: made now",
    kept: "kept, used",
    again: "made again",
  };
  const tokenLine = (word, s, t, keeps) => {
    const state = s > t ? "later" : s === t ? "new" : keeps ? "kept" : "again";
    const name = cell("th", undefined, { scope: "row" }),
      cells = [0, 1, 2, 3].map(() => make("td"));
    name.append(make("b", {}, word), make("small", {}, STATES[state]));
    if (s <= t) {
      if (state === "kept") cells[0].textContent = "not needed";
      else cells[0].append(strip(row("q", s), "query"));
      cells[1].append(strip(row("k", s), "key"));
      const track = make("span", { class: "cacheview-share" });
      track.style.width = 60 * share(t, s) + "px";
      cells[2].append(track, " " + share(t, s).toFixed(2));
      cells[3].append(strip(row("v", s), "value"));
    }
    const node = line(name, ...cells);
    node.className = "cacheview-" + state;
    return node;
  };
  const drawSheet = (t, keeps) => {
    const largest = (...names) =>
      Math.max(
        ...names.flatMap((name) => words.flatMap((_, s) => Array.from(row(name, s), Math.abs))),
      );
    most = { query: largest("q", "k"), value: largest("v") };
    ((most.key = most.query), (most.found = most.value));
    const found = make("td");
    found.append(strip(row("found", t), "found"));
    const table = make("table");
    table.append(
      line(...titles("token", "query", "key", "share", "value")),
      ...words.map((word, s) => tokenLine(word, s, t, keeps)),
      line(
        cell("th", "found", { scope: "row" }),
        cell("td", "sum of share × value", { colspan: 3 }),
        found,
      ),
    );
    sheet.replaceChildren(table);
  };

  const drawCounts = (t, keeps) => {
    const all = layers * heads,
      work = model.get("work"),
      sum = (i) => work.slice(0, t + 1).reduce((a, both) => a + both[i], 0),
      big = (n) => n.toLocaleString("en"),
      times = (a, b) => (a ? (b / a).toFixed(1) + " ×" : "");
    const row = (name, a, b, compared = true) => {
      const cells = [big(a), big(b), compared ? times(a, b) : ""].map((text) => cell("td", text));
      cells[keeps ? 0 : 1].className = "cacheview-chosen";
      return line(cell("th", name, { scope: "row" }), ...cells);
    };
    const names = titles("with the cache", "without", "times");
    names[keeps ? 0 : 1].className = "cacheview-chosen";
    counts.replaceChildren(
      make("caption", {}, "in the whole model"),
      line(make("td"), ...names),
      row("keys made, and as many values", all, all * (t + 1)),
      row("keys kept from before", all * t, 0, false),
      row("keys used", all * (t + 1), all * (t + 1), false),
      row("multiplications for this token", ...work[t]),
      row("multiplications so far", sum(0), sum(1)),
    );
  };

  const sentence = (t, keeps) => {
    const before = words.slice(0, t).join(", ");
    if (!keeps)
      return (
        `Without a cache the keys and values of all ${t + 1} tokens are made` +
        `${t ? " again" : ""}, and all queries with them.`
      );
    return (
      `One new key and value in each of ${layers * heads} heads; ` +
      (t ? `those of ${before} are only looked up.` : "nothing is kept yet.")
    );
  };
  const draw = () => {
    const t = model.get("step"),
      keeps = model.get("kept");
    slider.value = t;
    slider.setAttribute("aria-valuetext", words[t]);
    layer.value = model.get("layer");
    head.value = model.get("head");
    kept.checked = keeps;
    enable(back, t > 0, on);
    enable(on, t < T - 1, back);
    said.textContent = `Step ${t + 1} of ${T}: reads “${words[t]}”. ${sentence(t, keeps)}`;
    drawSheet(t, keeps);
    drawCounts(t, keeps);
  };
  ui.on(["step", "layer", "head", "kept"], draw);
  draw();
});

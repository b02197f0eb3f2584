function render({ model, el }) {
  const root = frame(el, "attview", "attention explorer");
  const work = working(model);
  const help = make(
    "div",
    { class: "byhand-help" },
    "Click a word, a head or a row of the table, or reach them with Tab and move with the arrow keys. " +
      "Arcs and tints say how much of its attention the framed word gives.",
  );
  const input = make("input", { type: "text", maxlength: 1000, spellcheck: "false" });
  const typed = make("div");
  typed.hidden = !model.get("typed");
  typed.append(...labelled("the text", input));
  const said = make("div", {
    class: "byhand-said attview-said",
    role: "status",
    "aria-live": "polite",
  });
  const bar = make("div"),
    text = make("div", { class: "attview-text" }),
    tables = make("div", { class: "attview-tables" });
  root.append(typed, bar, help, text, said, tables);

  const set = (name, value) => {
    if (model.get(name) === value) return;
    model.set(name, value);
    model.save_changes();
  };
  input.value = model.get("text");
  const sendText = debounced(300, () => {
    if (input.value !== model.get("text")) work.ask({ text: input.value });
  });
  input.addEventListener("input", sendText);

  let words, T, layers, heads, shares, colours, buttons, arcs, canvas, line, thumbs, layer, head;
  const at = (l, h, t, s) => shares.getUint8(((l * heads + h) * T + t) * T + s) / 255;
  const percent = (w) => Math.round(100 * w) + " %";
  const paint = (node, l, h) =>
    pixels(node, T, T, (i) => {
      const t = Math.floor(i / T),
        s = i % T;
      return s > t ? [255, 255, 255] : colours[Math.round(255 * at(l, h, t, s))];
    });

  // Everything that depends on the text; what depends on the choice is drawn by `draw`.
  const build = () => {
    ((words = model.get("words")),
      (T = words.length),
      (layers = model.get("layers")),
      (heads = model.get("heads")),
      (shares = model.get("shares")));
    colours = model
      .get("colours")
      .map((c) => [1, 3, 5].map((i) => parseInt(c.slice(i, i + 2), 16)));
    ((layer = menu(model, "layer", layers)), (head = menu(model, "head", heads)));
    bar.replaceChildren(...labelled("layer", layer), ...labelled("head", head), work.sign);

    const group = make("div", {
      class: "attview-words",
      role: "group",
      dir: "ltr",
      "aria-label": "the words of the text",
    });
    buttons = words.map((word, i) => {
      const button = make("button", { type: "button" });
      button.append(make("span", {}, word), make("small", { "aria-hidden": "true" }));
      button.addEventListener("click", () => set("word", i));
      button.addEventListener("focus", () => set("word", i));
      return button;
    });
    arcs = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    arcs.setAttribute("aria-hidden", "true"); // the words say the same
    group.append(...buttons, arcs);
    walk(group);
    text.replaceChildren(group);

    const all = make("div", { class: "attview-all", role: "group", "aria-label": "all heads" });
    const size = Math.max(20, Math.min(56, Math.floor(360 / heads)));
    all.style.gridTemplateColumns = `auto repeat(${heads}, ${size}px)`;
    all.append(
      make("span"),
      ...Array.from({ length: heads }, (_, h) => make("small", { "aria-hidden": "true" }, h)),
    );
    thumbs = [];
    for (let l = 0; l < layers; l++) {
      all.append(make("small", { "aria-hidden": "true" }, (l ? "" : "layer ") + l));
      for (let h = 0; h < heads; h++) {
        const thumb = make("button", {
          type: "button",
          "aria-label": `layer ${l}, head ${h}`,
          title: `layer ${l}, head ${h}`,
        });
        const small = make("canvas");
        paint(small, l, h);
        thumb.append(small);
        const choose = () => {
          if (model.get("layer") === l && model.get("head") === h) return;
          model.set("layer", l);
          model.set("head", h);
          model.save_changes();
        };
        thumb.addEventListener("click", choose);
        thumb.addEventListener("focus", choose);
        thumbs.push(thumb);
        all.append(thumb);
      }
    }
    walk(all, heads);
    const glance = make("div");
    glance.append(make("div", { class: "attview-axis" }, "all heads: a row for each layer"), all);

    canvas = make("canvas", { role: "img" });
    canvas.style.width = canvas.style.height =
      T * Math.max(2, Math.min(24, Math.floor(360 / T))) + "px";
    line = make("div", { class: "attview-line" });
    const grid = make("div", { class: "attview-grid" }),
      box = make("div", { class: "attview-box" });
    box.append(canvas, line);
    const place = (event) => {
      const rect = canvas.getBoundingClientRect(),
        cell = (part) => Math.min(T - 1, Math.max(0, Math.floor(part * T)));
      return [
        cell((event.clientY - rect.top) / rect.height),
        cell((event.clientX - rect.left) / rect.width),
      ];
    };
    canvas.addEventListener("click", (event) => set("word", place(event)[0]));
    canvas.addEventListener("mousemove", (event) => {
      const [t, s] = place(event);
      canvas.title =
        `${words[t]} → ${words[s]}: ` +
        (s > t ? "hidden" : percent(at(model.get("layer"), model.get("head"), t, s)));
    });
    const scale = make("div", { class: "attview-axis" }),
      ramp = make("span", { class: "attview-ramp", "aria-hidden": "true" });
    ramp.style.background =
      "linear-gradient(to right," +
      model
        .get("colours")
        .filter((c, i) => i % 15 === 0)
        .join(",") +
      ")";
    scale.append("share 0 ", ramp, " 1");
    grid.append(
      make("div", { class: "attview-axis" }, "key (column): the word looked at"),
      make("div", { class: "attview-axis attview-row" }, "query (row): the word that looks"),
      box,
      scale,
    );
    tables.replaceChildren(glance, grid);
    draw();
  };

  // A curve from the framed word to every word that gets at least 2 %, thick where it gets much.
  const drawArcs = () => {
    const t = model.get("word"),
      from = buttons[t],
      group = from.parentElement;
    arcs.setAttribute("width", group.scrollWidth);
    arcs.setAttribute("height", group.offsetHeight);
    arcs.replaceChildren();
    for (let s = 0; s <= t; s++) {
      const w = at(model.get("layer"), model.get("head"), t, s),
        to = buttons[s];
      if (w < 0.02) continue;
      const [x0, y0, x1, y1] = [
        from.offsetLeft + from.offsetWidth / 2,
        from.offsetTop,
        to.offsetLeft + to.offsetWidth / 2,
        to.offsetTop,
      ];
      const lift = Math.min(24, 10 + Math.abs(x0 - x1) / 12),
        open = s === t ? 9 : 0; // to itself: a loop
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute(
        "d",
        `M ${x0 + open} ${y0} C ${x0 + 2 * open} ${y0 - lift}, ${x1 - 2 * open} ${y1 - lift}, ${x1 - open} ${y1}`,
      );
      path.setAttribute("stroke-width", 1 + 5 * w);
      path.setAttribute("stroke-opacity", 0.3 + 0.7 * w);
      path.dataset.key = s;
      path.dataset.share = w.toFixed(3);
      arcs.append(path);
    }
  };

  const draw = () => {
    const t = model.get("word"),
      l = model.get("layer"),
      h = model.get("head");
    layer.value = l;
    head.value = h;
    buttons.forEach((button, s) => {
      const w = s > t ? 0 : at(l, h, t, s);
      button.style.setProperty("--share", (100 * w).toFixed(1) + "%");
      button.classList.toggle("attview-strong", w >= 0.5);
      button.classList.toggle("attview-future", s > t);
      button.tabIndex = s === t ? 0 : -1;
      button.setAttribute("aria-pressed", s === t);
      button.setAttribute("aria-label", words[s] + (s > t ? ", hidden" : ", " + percent(w)));
      button.lastChild.textContent = w >= 0.045 ? percent(w) : "";
    });
    thumbs.forEach((thumb, i) => {
      const chosen = i === l * heads + h;
      thumb.setAttribute("aria-pressed", chosen);
      thumb.tabIndex = chosen ? 0 : -1;
    });
    paint(canvas, l, h);
    line.style.top = (100 * t) / T + "%";
    line.style.width = (100 * (t + 1)) / T + "%";
    line.style.height = 100 / T + "%";
    const best = words
      .map((word, s) => [s > t ? -1 : at(l, h, t, s), word])
      .sort((a, b) => b[0] - a[0])
      .slice(0, Math.min(4, t + 1));
    const line_ =
      `“${words[t]}” in layer ${l}, head ${h} looks at: ` +
      best.map(([w, word]) => word + " " + percent(w)).join(", ");
    said.textContent =
      (model.get("problem") ? model.get("problem") + " Still shown: " : "") + line_;
    canvas.setAttribute("aria-label", "All rows of this head. " + line_);
    drawArcs();
  };

  build();
  const size = new ResizeObserver(() => drawArcs()); // other widths break the lines elsewhere
  size.observe(text);
  const offs = [
    listen(model, ["words", "shares"], build),
    listen(model, ["layer", "head", "word", "problem"], draw),
    listen(model, ["text"], () => {
      if (input.value !== model.get("text")) input.value = model.get("text");
    }),
  ];
  return () => {
    size.disconnect();
    work.off();
    offs.forEach((off) => off());
  };
}
export default { render };

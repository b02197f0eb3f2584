const SCALES = {
  fixed: "0 to 1",
  largest: "0 to each head's largest",
  root: "0 to 1, square root",
};

// What the model's traits hold, as functions: `at` a share, `shade` how dark it is drawn, 0 to 1.
const read = (model) => {
  const words = model.get("words"),
    T = words.length,
    layers = model.get("layers"),
    heads = model.get("heads"),
    shares = floats(model, "shares");
  if (shares.length !== layers * heads * T * T) return null; // the rest is on its way
  const at = (l, h, t, s) => shares[((l * heads + h) * T + t) * T + s];
  const largest = []; // the first word can only look at itself: its 1 is nobody's largest
  for (let l = 0; l < layers; l++)
    for (let h = 0; h < heads; h++) {
      let most = T > 1 ? 0 : 1;
      for (let t = 1; t < T; t++)
        for (let s = 0; s <= t; s++) most = Math.max(most, at(l, h, t, s));
      largest.push(most || 1);
    }
  const top = (l, h) => (model.get("scale") === "largest" ? largest[l * heads + h] : 1);
  const shade = (l, h, t, s) => {
    const part = Math.min(1, at(l, h, t, s) / top(l, h));
    return model.get("scale") === "root" ? Math.sqrt(part) : part;
  };
  const colours = model
    .get("colours")
    .map((c) => [1, 3, 5].map((i) => parseInt(c.slice(i, i + 2), 16)));
  return { words, T, layers, heads, at, top, shade, colours };
};

// A head as a table: a pixel for each pair of words.
const drawTable = (canvas, seen, l, h) =>
  pixels(canvas, seen.T, seen.T, (i) => {
    const t = Math.floor(i / seen.T),
      s = i % seen.T;
    return s > t ? [255, 255, 255] : seen.colours[Math.round(255 * seen.shade(l, h, t, s))];
  });

// A head as lines from every word, left, to those that it looks at, right; on top those of the
// chosen word.
const drawLines = (canvas, seen, l, h, chosen) => {
  const size = (canvas.width = canvas.height = 160),
    brush = canvas.getContext("2d"),
    y = (t) => ((t + 0.5) * size) / seen.T;
  const from = (t, colour, width, most) => {
    brush.strokeStyle = colour;
    brush.lineWidth = width;
    for (let s = 0; s <= t; s++) {
      const dark = seen.shade(l, h, t, s);
      if (dark < 0.03) continue;
      brush.globalAlpha = most * dark;
      brush.beginPath();
      brush.moveTo(6, y(t));
      brush.lineTo(size - 6, y(s));
      brush.stroke();
    }
  };
  for (let t = 0; t < seen.T; t++) if (t !== chosen) from(t, "#5b6673", 1.5, 0.6);
  from(chosen, "#b5377d", 4, 1);
};

// The words of the text as buttons, tinted by what the chosen one gives them, with arcs to them.
const wordRow = (seen, choose) => {
  const group = make("div", {
    class: "attview-words",
    role: "group",
    dir: "ltr",
    "aria-label": "the words of the text",
  });
  const buttons = seen.words.map((word, i) => {
    const button = make("button", { type: "button" });
    button.append(make("span", {}, word), make("small", { "aria-hidden": "true" }));
    for (const event of ["click", "focus"]) button.addEventListener(event, () => choose(i));
    return button;
  });
  group.append(...buttons);
  walk(group);

  const arcs = arcsOver(group),
    drawArcs = (shares) => arcs(buttons, shares);
  // shares: of the words up to the chosen one
  const draw = (shares) => {
    const t = shares.length - 1;
    buttons.forEach((button, s) => {
      const w = s > t ? 0 : shares[s],
        said = seen.words[s] + (s > t ? ", hidden" : ", " + percent(w));
      button.style.setProperty("--share", (100 * w).toFixed(1) + "%");
      button.classList.toggle("attview-strong", w >= 0.5);
      button.classList.toggle("attview-future", s > t);
      button.setAttribute("aria-label", said);
      button.lastChild.textContent = w >= 0.045 ? percent(w) : "";
    });
    press(buttons, buttons[t]);
    drawArcs(shares);
  };
  return { group, buttons, draw, drawArcs };
};

// Every head at a glance, a row for each layer.
const allHeads = (seen, choose) => {
  const node = make("div"),
    title = make("div", { class: "attview-axis" }),
    grid = make("div", { class: "attview-all", role: "group", "aria-label": "all heads" });
  const small = (text) => make("small", { "aria-hidden": "true" }, text);
  grid.append(make("span"), ...Array.from({ length: seen.heads }, (_, h) => small(h)));
  const thumbs = [];
  for (let l = 0; l < seen.layers; l++) {
    grid.append(small((l ? "" : "layer ") + l));
    for (let h = 0; h < seen.heads; h++) {
      const name = `layer ${l}, head ${h}`,
        thumb = make("button", { type: "button", "aria-label": name, title: name });
      thumb.append(make("canvas"));
      for (const event of ["click", "focus"]) thumb.addEventListener(event, () => choose(l, h));
      thumbs.push(thumb);
      grid.append(thumb);
    }
  }
  walk(grid, seen.heads);
  node.append(title, grid);

  const draw = (lines, t) => {
    title.textContent =
      "all heads, a row for each layer" +
      (lines ? ": lines from the word that looks (left) to the word looked at (right)" : "");
    const room = Math.floor((lines ? 400 : 360) / seen.heads),
      size = lines ? Math.max(28, Math.min(88, room)) : Math.max(20, Math.min(56, room));
    grid.style.gridTemplateColumns = `auto repeat(${seen.heads}, ${size}px)`;
    thumbs.forEach((thumb, i) => {
      const head = [Math.floor(i / seen.heads), i % seen.heads];
      if (lines) drawLines(thumb.firstChild, seen, ...head, t);
      else drawTable(thumb.firstChild, seen, ...head);
    });
  };
  return { node, draw, mark: (l, h) => press(thumbs, thumbs[l * seen.heads + h]) };
};

// One head's table, with words on its axes.
const headTable = (seen, choose, told) => {
  const { words, T } = seen;
  const cell = Math.max(2, Math.min(24, Math.floor(400 / T))),
    every = Math.ceil(13 / cell); // so many words share the room of one label
  const canvas = make("canvas", { role: "img" }),
    line = make("div", { class: "attview-line" }),
    box = make("div", { class: "attview-box" }),
    columns = make("div", { class: "attview-columns", "aria-hidden": "true" }),
    rows = make("div", { class: "attview-rows", "aria-hidden": "true" }),
    scale = make("div", { class: "attview-axis attview-scale" }),
    node = make("div", { class: "attview-grid" });
  node.style.setProperty("--side", T * cell + "px");
  box.append(canvas, line);
  node.append(
    make("div", { class: "attview-axis attview-top" }, "key (column): the word looked at"),
    columns,
    make("div", { class: "attview-axis attview-left" }, "query (row): the word that looks"),
    rows,
    box,
    scale,
  );
  const place = (event) => {
    const rect = canvas.getBoundingClientRect(),
      whole = (part) => Math.min(T - 1, Math.max(0, Math.floor(part * T)));
    return [
      whole((event.clientY - rect.top) / rect.height),
      whole((event.clientX - rect.left) / rect.width),
    ];
  };
  canvas.addEventListener("click", (event) => choose(place(event)[0]));
  canvas.addEventListener("mousemove", (event) => {
    const [t, s] = place(event);
    canvas.title = `${words[t]} → ${words[s]}: ` + (s > t ? "hidden" : percent(told(t, s)));
    label(rows, "top", t);
    label(columns, "left", s);
  });
  canvas.addEventListener("mouseleave", () => label(columns, "left", undefined));

  // Where there is no room for all words, every few have a label, and one that matters has.
  const label = (axis, side, one) =>
    axis.replaceChildren(
      ...words.flatMap((word, i) => {
        if (i !== one && (i % every || Math.abs(i - one) < every)) return [];
        const node = make("span", i === one ? { class: "attview-one" } : {}, word);
        node.style[side] = (100 * (i + 0.5)) / T + "%";
        return [node];
      }),
    );
  const draw = (l, h, t, how, sentence) => {
    drawTable(canvas, seen, l, h);
    canvas.setAttribute("aria-label", "All rows of this head. " + sentence);
    line.style.top = (100 * t) / T + "%";
    line.style.width = (100 * (t + 1)) / T + "%";
    line.style.height = 100 / T + "%";
    label(rows, "top", t);
    label(columns, "left");
    const ramp = make("span", { class: "attview-ramp", "aria-hidden": "true" }),
      stops = Array.from({ length: 18 }, (_, i) => {
        const part = i / 17;
        return seen.colours[Math.round(255 * (how === "root" ? Math.sqrt(part) : part))];
      });
    ramp.style.background = `linear-gradient(to right,${stops.map((c) => `rgb(${c})`)})`;
    const top = how === "largest" ? seen.top(l, h).toFixed(2) : 1;
    scale.replaceChildren("share 0 ", ramp, " " + top);
  };
  return { node, draw };
};

export default explorer("attview", "attention explorer", (model, ui) => {
  const box = make("textarea", { rows: 3, spellcheck: "false" });
  if (model.get("typed")) {
    ui.typed(box, 300, (text) => {
      if (text !== model.get("text")) ui.ask({ text });
    });
    ui.asks(box);
    ui.root.append(...labelled("the text", box), ui.sign);
  }
  const help = make(
    "div",
    { class: "byhand-help" },
    "Click a word, a head or a row of the table, or reach them with Tab and move with the arrow " +
      "keys. Arcs and tints say how much of its attention the framed word gives.",
  );
  const said = make("div", {
    class: "byhand-said attview-said",
    role: "status",
    "aria-live": "polite",
  });
  const bar = make("div", { class: "attview-bar" }),
    text = make("div", { class: "attview-text" }),
    tables = make("div", { class: "attview-tables" });
  ui.root.append(bar, help, text, said, tables);

  let seen, row, glance, table, layer, head;
  const scale = make("select"),
    form = make("select");
  for (const [name, shown] of Object.entries(SCALES))
    scale.append(make("option", { value: name }, shown));
  for (const shown of ["tables", "lines"]) form.append(make("option", { value: shown }, shown));
  scale.addEventListener("change", () => ui.set({ scale: scale.value }));
  form.addEventListener("change", () => ui.set({ lines: form.value === "lines" }));

  const chosen = () => ["layer", "head", "word"].map((name) => model.get(name));
  const shares = ([l, h, t]) => seen.words.slice(0, t + 1).map((_, s) => seen.at(l, h, t, s));
  // Its boxes move when fonts come or lines break elsewhere.
  const moved = new ResizeObserver(() => row.drawArcs(shares(chosen())));
  ui.atEnd(() => moved.disconnect());

  const sentence = ([l, h, t]) => {
    const best = shares([l, h, t])
      .map((w, s) => [w, seen.words[s]])
      .sort((a, b) => b[0] - a[0])
      .slice(0, 4);
    return (
      `“${seen.words[t]}” in layer ${l}, head ${h} looks at: ` +
      best.map(([w, word]) => word + " " + percent(w)).join(", ")
    );
  };
  // What depends on the text; what depends on the choice is drawn by the two below.
  const build = () => {
    const news = read(model);
    if (!news) return;
    seen = news;
    layer = menu("layer", seen.layers, (i) => ui.set({ layer: i }));
    head = menu("head", seen.heads, (i) => ui.set({ head: i }));
    bar.replaceChildren(
      ...labelled("layer", layer),
      ...labelled("head", head),
      ...labelled("all heads as", form),
      ...labelled("scale of the tables", scale),
    );
    const word = (i) => ui.set({ word: i });
    row = wordRow(seen, word);
    glance = allHeads(seen, (l, h) => ui.set({ layer: l, head: h }));
    table = headTable(seen, word, (t, s) => seen.at(model.get("layer"), model.get("head"), t, s));
    text.replaceChildren(row.group);
    tables.replaceChildren(glance.node, table.node);
    moved.disconnect();
    [text, ...row.buttons].forEach((node) => moved.observe(node));
    drawAll();
    draw();
  };
  const drawAll = () => {
    scale.value = model.get("scale");
    form.value = model.get("lines") ? "lines" : "tables";
    glance.draw(model.get("lines"), model.get("word"));
  };
  const draw = () => {
    const choice = chosen(),
      [l, h, t] = choice;
    if (t >= seen.T) return; // its text is on its way
    const line = sentence(choice),
      problem = model.get("problem");
    layer.value = l;
    head.value = h;
    row.draw(shares(choice));
    glance.mark(l, h);
    table.draw(...choice, model.get("scale"), line);
    said.textContent = (problem ? problem + " Still shown: " : "") + line;
  };
  ui.on(["words", "shares"], build);
  ui.on(["layer", "head", "word", "problem", "scale"], draw);
  ui.on(["scale", "lines"], drawAll);
  ui.on(["word"], () => model.get("lines") && drawAll());
  build();
});

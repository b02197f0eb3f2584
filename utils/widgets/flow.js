export default explorer("flowview", "one token goes up a block", (model, ui) => {
  const words = model.get("words");
  const text = make("div", {
    class: "flowview-words",
    role: "group",
    dir: "ltr",
    "aria-label": "the tokens",
  });
  const buttons = words.map((word, i) => {
    const button = make("button", { type: "button" }, word);
    button.addEventListener("click", () => {
      if (model.get("token") !== i) ui.ask({ token: i });
    });
    text.append(button);
    return button;
  });
  walk(text);
  const bar = make("div"),
    layer = menu("block", model.get("layers"), (i) => ui.ask({ layer: i }));
  const back = make("button", { type: "button" }, "▼ down"),
    on = make("button", { type: "button" }, "▲ up");
  const go = (to) =>
    ui.set({ step: Math.min(Math.max(to, 0), model.get("steps").length - 1) });
  back.addEventListener("click", () => go(model.get("step") - 1));
  on.addEventListener("click", () => go(model.get("step") + 1));
  bar.append(...labelled("layer", layer), back, " ", on, ui.sign);
  const help = make(
    "div",
    { class: "byhand-help" },
    "Choose a token and a layer. Open a step with a click, or with the up and down keys. " +
      "The way goes from the bottom up; the thick line is the residual stream. In colours and tables, orange is below 0 and purple above.",
  );
  const stack = make("div", {
    class: "flowview-stack",
    role: "group",
    "aria-label": "the steps, from the bottom up",
  });
  const panel = make("div", { class: "flowview-panel" }),
    both = make("div", { class: "flowview-both" });
  both.append(stack, panel);
  ui.root.append(text, bar, help, both);

  const two = (n) =>
    Object.is(n, -0) || Math.abs(n) < 0.005 ? "0.00" : n.toFixed(2).replace("-", "−");
  let numbers, strips;
  const build = () => {
    numbers = floats(model, "numbers");
    const had = stack.contains(stack.getRootNode().activeElement);
    strips = model.get("steps").map((step, i) => {
      const button = make("button", { type: "button", class: step.joins ? "flowview-joins" : "" });
      const count = step.parts.reduce((sum, part) => sum + part.shape[0] * part.shape[1], 0),
        at = step.parts[0].at;
      const most = numbers.slice(at, at + count).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      const strip = make("canvas", { "aria-hidden": "true" });
      pixels(strip, count, 1, (j) => signed(numbers[at + j], most));
      button.append(make("span", {}, (step.joins && i ? "⊕ " : "") + step.name), strip);
      button.addEventListener("click", () => go(i));
      button.addEventListener("focus", () => {
        if (model.get("step") !== i) go(i);
      });
      return button;
    });
    stack.replaceChildren(...strips);
    draw();
    if (had) strips[model.get("step")].focus();
  };
  stack.addEventListener("keydown", (event) => {
    const to = {
      ArrowUp: model.get("step") + 1,
      ArrowDown: model.get("step") - 1,
      Home: 0,
      End: strips.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    strips[Math.min(Math.max(to, 0), strips.length - 1)].focus();
  });

  // The numbers of a part as a table, each cell in its colour; a long vector in rows of 16.
  const table = (part, name) => {
    const plain = !part.rows.length,
      width = plain ? 16 : part.shape[1],
      count = part.shape[0] * part.shape[1];
    const values = numbers.slice(part.at, part.at + count),
      share = part.role === "share";
    const most = share ? 1 : values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    const box = make("div", {
      class: "flowview-numbers",
      tabindex: 0,
      role: "region",
      "aria-label": `numbers of ${name} ${part.title}`,
    });
    const node = make("table");
    if (part.columns.length) {
      const row = make("tr");
      row.append(make("td"), ...part.columns.map((word) => make("th", { scope: "col" }, word)));
      node.append(row);
    }
    for (let start = 0; start < count; start += width) {
      const row = make("tr");
      row.append(make("th", { scope: "row" }, plain ? start : part.rows[start / width]));
      for (let i = start; i < Math.min(start + width, count); i++) {
        const cell = make("td", {}, two(values[i])),
          [r, g, b] = signed(values[i], most);
        cell.style.background = `rgb(${r},${g},${b})`;
        if (0.3 * r + 0.59 * g + 0.11 * b < 140) cell.style.color = "#fff";
        row.append(cell);
      }
      node.append(row);
    }
    box.append(node);
    return box;
  };
  const draw = () => {
    const at = model.get("step"),
      step = model.get("steps")[at];
    layer.value = model.get("layer");
    buttons.forEach((button, i) => {
      button.setAttribute("aria-pressed", i === model.get("token"));
      button.tabIndex = i === model.get("token") ? 0 : -1;
    });
    strips.forEach((strip, i) => {
      strip.setAttribute("aria-pressed", i === at);
      strip.tabIndex = i === at ? 0 : -1;
    });
    back.disabled = at === 0;
    on.disabled = at === strips.length - 1;
    const said = make("div", { class: "byhand-said", role: "status", "aria-live": "polite" });
    const title = make("div");
    title.append(
      make("b", {}, `${at + 1} of ${strips.length}: ${step.name}`),
      " ",
      make("code", {}, step.formula),
      " ",
      make("code", { class: "flowview-shape" }, step.shape),
    );
    said.append(title, step.says);
    panel.replaceChildren(
      said,
      ...step.parts.flatMap((part) => {
        const values = numbers.slice(part.at, part.at + part.shape[0] * part.shape[1]);
        const length = Math.sqrt(values.reduce((a, b) => a + b * b, 0));
        const facts =
          part.role === "share"
            ? ""
            : ` smallest ${two(Math.min(...values))}, largest ${two(Math.max(...values))}, length ${two(length)}`;
        const head = make("div", { class: "flowview-part flowview-" + part.role });
        head.append(
          make("b", {}, part.title || step.name),
          ` (${(part.rows.length ? part.shape : [part.shape[1]]).join(", ")})${facts}`,
        );
        return [head, table(part, step.name)];
      }),
    );
  };
  build();
  ui.asks(layer, ...buttons);
  ui.on(["steps", "numbers"], build);
  ui.on(["step", "token", "layer"], draw);
});

// One number: what made it, in numbers; what it was before; and a box to change it.

const number = (page, node) => () => {
  const at = page.picked ?? page.looked;
  node.replaceChildren();
  if (!at && page.narrow) return;
  if (!at) {
    node.append(
      make(
        "p",
        { class: "byhand-help" },
        "Point at a number, or reach it with Tab and the arrow keys, and see here what made it. " +
          "A click or Enter keeps it, Esc lets it go.",
      ),
    );
    return;
  }
  const [name, t, i] = at,
    made = making(page, page.seen, name, t, i),
    value = page.rowOf(page.seen, name, t)[i];
  const title = make("h3", {}, titleOf(page, name, t, i));
  const line = make("p", { class: "sum" });
  line.append(make("code", {}, `${made.formula} = `), make("b", {}, digits(made.total)));
  if (page.narrow) {
    const close = make("button", { type: "button", class: "close", "aria-label": "close" }, "✕");
    close.addEventListener("click", () => page.go({}));
    node.append(close);
  }
  node.append(title, line, inNumbers(made));
  if (made.terms.length) node.append(termsOf(page, made));
  if (made.lines.length) node.append(linesOf(made));
  if (place(name).key === "hidden") node.append(curve(made.lines[0][1]));
  node.append(
    ...differences(page, name, t, i, value, made),
    sources(page, made),
    editor(page, name, t, i, value),
  );
};

// The formula with the numbers in it, the largest first.
const inNumbers = ({ terms, bias, lines, total }) => {
  const best = [...terms].sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, 3),
    rest = terms.length - best.length;
  if (!terms.length) return make("span");
  const bracketed = (n) => (n < 0 ? `(${digits(n)})` : digits(n));
  const text = best
    .map((one) =>
      one.a === undefined ? bracketed(one.value) : `${bracketed(one.a)} · ${bracketed(one.b)}`,
    )
    .join(" + ");
  return make(
    "p",
    { class: "in-numbers" },
    text +
      (rest ? ` + ${rest} more` : "") +
      (bias === null ? "" : ` + bias ${bracketed(bias)}`) +
      (lines.length ? " …" : ` = ${digits(total)}`),
  );
};

const termsOf = (page, { terms, bias, sum, lines }) => {
  const table = make("table", { class: "terms" }),
    most = largest([terms.map((term) => term.value)]),
    best = [...terms].sort((a, b) => Math.abs(b.value) - Math.abs(a.value)),
    shown = best.slice(0, terms.length <= 6 ? 6 : 5);
  const row = (label, middle, value, classes = "") => {
    const line = make("tr", { class: classes }),
      bar = make("td", { class: "termbar", "aria-hidden": "true" }),
      inner = make("span", { class: value < 0 ? "negative" : "" });
    inner.style.setProperty("--reach", Math.min(1, Math.abs(value) / (most || 1)));
    bar.append(inner);
    line.append(
      make("th", { scope: "row" }, label),
      make("td", {}, middle),
      bar,
      make("td", {}, digits(value)),
    );
    table.append(line);
  };
  for (const term of shown)
    row(
      term.label,
      term.a === undefined ? "" : `${digits(term.a)} × ${digits(term.b)}`,
      term.value,
    );
  const rest = best.slice(shown.length);
  if (rest.length)
    row(
      `the other ${rest.length}`,
      "together",
      rest.reduce((all, term) => all + term.value, 0),
    );
  if (bias !== null) row("bias", "", bias);
  row("sum", "", sum, "total");
  return table;
};

const linesOf = ({ lines }) => {
  const table = make("table", { class: "terms" });
  lines.forEach(([label, value], n) => {
    const line = make("tr", { class: n === lines.length - 1 ? "total" : "" });
    line.append(make("th", { scope: "row" }, label), make("td", {}, digits(value)));
    table.append(line);
  });
  return table;
};

// GELU from −4 to 4, with a dot where the number stands.
const curve = (x) => {
  const svg = (tag, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  };
  const at = (a) => `${20 * a + 80} ${80 - 20 * gpt2.gelu(a)}`,
    steps = Array.from({ length: 81 }, (_, n) => at(n / 10 - 4)),
    shown = Math.max(-4, Math.min(4, x)),
    drawn = svg("svg", { viewBox: "0 0 160 92", class: "curve", role: "img" }),
    [cx, cy] = at(shown).split(" ");
  drawn.setAttribute("aria-label", `GELU's curve, with a dot at ${digits(x)}`);
  drawn.append(
    svg("path", { d: "M 0 80 H 160 M 80 0 V 92", class: "axes" }),
    svg("path", { d: "M " + steps.join(" L ") }),
    svg("circle", { cx, cy, r: 4 }),
  );
  return drawn;
};

// Where the number is not what its formula gives, and what it was before the changes.
const differences = (page, name, t, i, value, made) => {
  const said = [],
    own = page.own.of(name),
    changed = changedBy(page, name, t, i),
    differs = Math.abs(value - made.total) > 1e-3 * Math.max(1, Math.abs(value));
  if (changed)
    said.push(`${changed}: ${digits(value)} stands here instead of ${digits(made.total)}.`);
  else if (own && differs)
    said.push(`Your ${own} gives ${digits(value)} here, the model ${digits(made.total)}.`);
  if (page.now) {
    const was = page.rowOf(page.before, name, t)?.[i];
    said.push(
      was === undefined || Math.abs(was - value) < 1e-6
        ? "It is what it was before."
        : `Before the changes: ${digits(was)}. Now: ${digits(value)}.`,
    );
  }
  return said.map((text) => make("p", { class: "difference" }, text));
};

// Which change put another number here than the formula gives: its words, or "".
const changedBy = ({ changes, config, seen }, name, t, i) => {
  const { block, key } = place(name),
    parts = HEADED.includes(key) ? seen[name][t].length / config.n_head : 0,
    head = parts ? Math.floor(i / parts) : undefined;
  if (
    key === "heads" &&
    changes.some((c) => c.kind === "silence" && c.block === block && c.head === head)
  )
    return "Silenced";
  const here = changes.filter((c) => c.kind === "number" && c.name === name && c.token === t);
  if (here.some((c) => indexIn(seen[name][t], c, config) === i)) return "Set by hand";
  const inRow = key === "attention" && here.some((c) => c.head === head);
  return inRow ? "Another share of this row was set by hand" : "";
};

// Where the factors stand: a click goes there.
const sources = (page, made) => {
  const all = make("p", { class: "sources" });
  if (made.from.length) all.append("made of ");
  made.from.forEach(([name, t, i], n) => {
    const { block } = place(name),
      button = make(
        "button",
        { type: "button" },
        `${shortName(name)} of ${page.words[t]}` + (block === null ? "" : `, block ${block}`),
      );
    button.addEventListener("click", () =>
      page.go({ token: t, step: name, pick: i === null ? null : [name, t, i] }),
    );
    all.append(n ? " " : "", button);
  });
  return all;
};

const editor = (page, name, t, i, value) => {
  const form = make("form", { class: "edit" });
  if (
    ["tokens", "positions", "logits", "next"].includes(name) ||
    (place(name).key === "masked" && !Number.isFinite(value))
  )
    return form;
  const box = make("input", { type: "text", inputmode: "decimal", size: 8 }),
    set = make("button", { type: "submit" }, "set");
  box.value = String(Number(value.toPrecision(4)));
  form.append(...labelled("change it to", box), set);
  const S = page.seen[name][t].length / page.config.n_head,
    here = TABLES.includes(place(name).key)
      ? { head: Math.floor(i / S), index: i % S }
      : { index: i };
  const put = (to) => page.change({ kind: "number", name, token: t, ...here, value: to });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = box.value.trim().replaceAll("−", "-").replace(",", "."),
      to = Number(typed);
    if (!/^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(typed) || !Number.isFinite(to))
      page.problem(`“${box.value}” is not a number.`);
    else if (place(name).key === "attention" && (to < 0 || to > 1))
      page.problem("A share lies between 0 and 1.");
    else put(to);
  });
  if (place(name).key === "attention") {
    const all = make("button", { type: "button" }, "give it the whole row");
    all.addEventListener("click", () => put(1));
    form.append(all);
  }
  return form;
};

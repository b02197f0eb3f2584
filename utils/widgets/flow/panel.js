// One step, opened: what it does, its line of Python, its numbers.

const panel = (page, node) => {
  const draw = () => {
    const name = page.step,
      { block } = place(name),
      one = stepOf(name);
    const where = block === null ? "" : `block ${block}: `;
    const head = make("div", { class: "head" });
    head.append(make("h3", {}, where + one.title), make("p", {}, one.says), ...python(page, one));
    page.arcs = () => {};
    node.setAttribute("aria-label", where + one.title);
    node.replaceChildren(head, ...bodyOf(page, name), inPython(page));
  };
  return draw;
};

const python = (page, one) => {
  const line = make("code", { class: "line" }, one.line),
    links = make("p", { class: "links" });
  links.append(
    one.exercises.length > 1 ? "You write it in the exercises " : "You write it in the exercise ",
  );
  one.exercises.forEach((exercise, n) => {
    const site = page.model.get("links").includes(".html"), // whose anchors have no underscores
      href = page.model
        .get("links")
        .replace("{lesson}", lessonOf(exercise))
        .replace("{exercise}", site ? exercise.replaceAll("_", "-") : exercise);
    links.append(n ? ", " : "", make("a", site ? { href } : { href, target: "_blank" }, exercise));
  });
  const badges = make("div");
  page.drawBadges = () => badges.replaceChildren(...page.own.badges(one));
  page.drawBadges();
  return [line, links, badges];
};

const bodyOf = (page, name) => {
  const { block, key } = place(name);
  if (key === "next") return [page.dials, nextBars(page)];
  if (key === "logits") return [likeliestOf(page)];
  if (TABLES.includes(key)) return attentionOf(page, name);
  const names = key === "q" ? ["q", "k", "v"].map((part) => `h.${block}.${part}`) : [name];
  const heads = HEADED.includes(key);
  return [
    ...(heads ? [silencer(page, block)] : []),
    rooted(page),
    ...names.flatMap((one) => vector(page, one, heads)),
    ...names.slice(0, 1).map((one) => numbers(page, one)),
  ];
};

const ROLES = { q: "query", k: "key", v: "value" };
// A vector as rows of bars. A row is a head where there are heads.
const vector = (page, name, heads) => {
  const { key } = place(name),
    t = page.token,
    values = page.seen[name][t],
    D = page.config.n_embd / page.config.n_head,
    columns = heads ? D : page.narrow && values.length > 64 ? 16 : 32,
    rows = Math.ceil(values.length / columns),
    role = ROLES[key] ?? stepOf(name).role;
  const title = make("div", { class: "part role-" + role });
  title.append(
    make("b", {}, NAMES[key] ?? stepOf(name).title),
    ` of ${page.words[t]}: ${values.length} numbers, largest ${digits(largest([values]))}`,
  );
  const drawn = grid(values, columns, {
    role,
    root: page.root,
    scale: page.scale,
    before: page.now ? page.before[name][t] : undefined,
    names: Array.from({ length: rows }, (_, row) =>
      heads ? `head ${row}` : String(row * columns),
    ),
    label: `numbers of ${name}; arrow keys go from one to the next, Enter keeps one`,
    say: (i) => page.numberIn(name, t, i),
    tell: page.tell,
    look: (i) => page.look(name, t, i),
    pick: (i) => page.pick(name, t, i),
  });
  page.grids.set(name, (i) => drawn.show(i));
  return [title, drawn];
};

// Bars and tints by the square root, which shows small numbers.
const rooted = (page) => {
  const box = make("input", { type: "checkbox" }),
    [label] = labelled("square-root scale, which shows small numbers", box),
    line = make("p", { class: "rooted" });
  box.checked = page.rooted;
  box.addEventListener("change", () => {
    page.rooted = box.checked;
    page.draw();
    page.root.querySelector(".rooted input")?.focus();
  });
  line.append(box, label);
  return line;
};

const silencer = (page, block) => {
  const bar = make("div", { class: "bar-of-heads", role: "group", "aria-label": "heads" });
  for (let head = 0; head < page.config.n_head; head++) bar.append(silence(page, block, head));
  return bar;
};
const silence = (page, block, head) => {
  const one = { kind: "silence", block, head },
    off = page.changes.some((change) => same(change, one));
  const button = make(
    "button",
    { type: "button", class: "quiet", "aria-pressed": off },
    off ? `let head ${head} speak` : `silence head ${head}`,
  );
  button.addEventListener("click", () => (off ? page.undo(one) : page.change(one)));
  return button;
};

// The same numbers as a table, made when it is opened.
const numbers = (page, name) => {
  const all = make("details", { class: "table" });
  all.append(make("summary", {}, "numbers as a table"));
  all.addEventListener("toggle", () => {
    if (!all.open || all.querySelector("table")) return;
    const { key, block } = place(name),
      names = key === "q" ? ["q", "k", "v"].map((part) => `h.${block}.${part}`) : [name],
      t = page.token,
      heads = HEADED.includes(key);
    for (const one of names) {
      const values = page.seen[one][t],
        width = heads ? values.length / page.config.n_head : 16,
        table = make("table");
      table.append(make("caption", {}, `${one}, token ${t}, ${page.words[t]}`));
      for (let at = 0; at < values.length; at += width) {
        const row = make("tr"),
          cells = Array.from(values.slice(at, at + width), (n) => make("td", {}, digits(n)));
        row.append(make("th", { scope: "row" }, heads ? `head ${at / width}` : at), ...cells);
        table.append(row);
      }
      all.append(table);
    }
  });
  return all;
};

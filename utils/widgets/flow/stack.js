// The whole way of one token from the bottom up: the blocks folded to a line, one of them open.

const stack = (page, node) => {
  const rows = () => [...node.querySelectorAll("button")];
  node.addEventListener("keydown", (event) => {
    const to = { ArrowUp: -1, ArrowDown: 1 }[event.key],
      all = rows(),
      at = all.indexOf(node.getRootNode().activeElement);
    if (to === undefined || at < 0) return;
    event.preventDefault();
    all[Math.max(0, Math.min(all.length - 1, at + to))].focus();
  });

  const button = (title, name, note, canvas, classes = "") => {
    const one = make("button", { type: "button", class: "row " + classes, "data-step": name });
    one.append(make("span", { class: "title" }, title));
    if (canvas) one.append(canvas);
    if (note) one.append(make("span", { class: "note" }, note));
    return one;
  };
  const values = (seen, name, t, key) => {
    const row = seen[name][t];
    if (!TABLES.includes(key)) return row;
    const S = row.length / page.config.n_head;
    return row.slice(page.head * S, (page.head + 1) * S).map((n) => (Number.isFinite(n) ? n : 0));
  };
  const stripOf = (name, role) => {
    const { key } = place(name),
      before = page.now ? values(page.before, name, page.token, key) : undefined;
    const { root, scale } = page;
    return strip(values(page.seen, name, page.token, key), { role, root, scale, before });
  };
  const change = (name) => {
    if (!page.now || !page.seen[name]) return "";
    const length = moved(page.seen[name][page.token], page.before[name][page.token]);
    return length > 1e-4 ? ` changed by ${digits(length)}` : "";
  };
  const top = () => "“" + likeliest(page).join("” ");
  page.drawLikeliest = () => {
    const note = node.querySelector('[data-step="next"] .note');
    if (note) note.textContent = top();
    page.say();
  };

  const ordinary = (one, name, above = false) => {
    const { key } = place(name),
      joins = key === "residual" || key === "middle";
    let note = change(name);
    if (key === "next") note = top();
    if (key === "logits")
      note = `largest: “${page.name(gpt2.likeliest(page.seen.logits[page.token])[0])}”`;
    const canvas = key === "next" || key === "logits" ? null : stripOf(name, one.role);
    const row = button(
      one.title,
      name,
      note,
      canvas,
      (joins ? "joins " : "") + (above ? "above" : ""),
    );
    row.addEventListener("click", () => page.go({ step: name }));
    return row;
  };
  const block = (i) => {
    const name = `h.${i}.residual`,
      t = page.token,
      open = page.open === i,
      said = summary(page, i, t);
    const row = button(`block ${i}`, name, null, stripOf(name, "token"), "block joins");
    row.setAttribute("aria-expanded", open);
    const lines = [
        said.head,
        `${said.moved}${change(name)}; lens: ${top(lens(page, page.seen[name][t]))}`,
      ],
      note = make("span", { class: "note" });
    note.append(...lines.map((text) => make("span", {}, text)));
    row.append(note);
    row.addEventListener("click", () => page.fold(i));
    const steps = open ? BLOCK.map((one) => ordinary(one, `h.${i}.${one.name}`)).reverse() : [];
    return [row, ...steps];
  };

  return () => {
    const active = node.getRootNode().activeElement,
      had = node.contains(active) ? active.dataset.step + active.matches(".block") : null;
    const blocks = Array.from({ length: page.config.n_layer }, (_, i) => block(i));
    node.replaceChildren(
      ...ABOVE.map((one) => ordinary(one, one.name, true)).reverse(),
      ...blocks.reverse().flat(),
      ...BELOW.map((one) => ordinary(one, one.name)).reverse(),
    );
    for (const row of rows()) {
      const chosen = !row.matches(".block") && row.dataset.step === page.step;
      row.setAttribute("aria-pressed", chosen);
      row.tabIndex = chosen ? 0 : -1;
      if (had === row.dataset.step + row.matches(".block")) row.focus();
    }
    if (!rows().some((row) => row.tabIndex === 0)) rows()[0].tabIndex = 0;
  };
};

// What a block did to a token, in words: the head that wrote most and what it looked at most, and
// how far the stream moved.
const summary = (page, block, t) => {
  const { config, seen, words } = page,
    found = seen[`h.${block}.heads`][t],
    lengths = Array.from({ length: config.n_head }, (_, head) =>
      Math.hypot(...written(page, found, block, head)),
    ),
    head = lengths.indexOf(Math.max(...lengths)),
    row = seen[`h.${block}.attention`][t],
    S = row.length / config.n_head,
    part = Array.from(row.slice(head * S, (head + 1) * S)),
    s = part.indexOf(Math.max(...part));
  const far = moved(seen[`h.${block}.residual`][t], seen[entering(block)][t]);
  const rests = s === 0 && part[0] > 0.8 && t > 0;
  return {
    head: `head ${head} ${rests ? "rests on" : "looks at"} “${words[s]}”, ${share(part[s])}`,
    moved: `moved by ${digits(far)}`,
  };
};

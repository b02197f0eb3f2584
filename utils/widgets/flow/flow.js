// GPT-2 in the page: one word followed through the whole model, with every number that it becomes.

export default explorer("flowview", "one word through the whole model", (model, ui) => {
  const { root } = ui,
    page = pageOf(model, ui),
    problem = div("problem", { role: "alert" }),
    status = div("unseen", { role: "status" }),
    main = div("main"),
    way = div("stack", { role: "group", "aria-label": "the model, from the bottom up" }),
    opened = div("panel", { role: "region" }),
    made = div("number", { role: "region", "aria-label": "how a number was made" }),
    box = make("textarea", { rows: 3, spellcheck: "false" });
  const parts = [tokens(page), exchange(page), nextWord(page), changesMade(page)],
    draws = { stack: stack(page, way), panel: panel(page, opened), number: number(page, made) };
  main.append(way, opened, made);
  root.append(textBox(page, box), problem, ...parts.map(([node]) => node), main, status);
  page.problem = (text) => {
    problem.textContent = text;
    return false;
  };

  // ---- drawing

  page.mark = () => {
    const at = page.picked ?? page.looked;
    for (const [name, mark] of page.grids) mark(at?.[0] === name ? at[2] : null);
    draws.number();
  };
  page.look = (...at) => {
    if (page.picked) return;
    page.looked = at;
    page.mark();
  };
  page.pick = (...at) => {
    page.picked = at;
    page.mark();
  };
  page.draw = () => {
    if (page.before && page.narrow !== null) keepingFocus(root, draw);
  };
  const draw = () => {
    page.grids.clear();
    parts.forEach(([, draw]) => draw());
    draws.stack();
    draws.panel();
    for (const which of ["looked", "picked"]) {
      const at = page[which];
      if (at && (at[1] !== page.token || !page.grids.has(at[0]))) page[which] = null;
    }
    if (!page.narrow && !page.picked) page.looked ??= striking(page);
    page.mark();
    const row = way.querySelector("[aria-pressed=true]");
    if (page.narrow && row)
      row.after(opened); // the opened step stands under its button
    else if (opened.parentNode !== main) made.before(opened);
    page.arcs();
    page.say();
  };
  page.say = () => {
    const [word, part] = likeliest(page),
      next = `After ${page.words[page.token]}, next: ${word} ${part}.`;
    page.tell(page.now ? `${next} ${lead(page)}` : next);
  };
  page.tell = (text) => (status.textContent = text);

  // ---- listening

  const read = async () => {
    try {
      await page.read();
      root.classList.remove("empty");
    } catch (error) {
      root.classList.toggle("empty", !page.before);
      page.problem(error.message + (page.before ? " Still shown is the text before." : ""));
    }
  };
  ui.typed(box, 300, (text) => ui.set({ text, token: -1 }));
  ui.on(["text"], read);
  ui.on(["changes", "own", "used"], () => {
    page.problem("");
    page.compute();
  });
  ui.on(["token", "step", "head"], () => {
    page.open = place(page.step).block ?? page.open;
    page.draw();
  });
  root.addEventListener("keydown", (event) => {
    const typing = event.composedPath()[0].matches?.("input[type=text], textarea");
    if (event.key === "Escape") page.go({});
    else if (event.key === "z" && (event.ctrlKey || event.metaKey) && !typing) {
      ui.set({ changes: page.changes.slice(0, -1) });
      event.preventDefault();
    }
  });
  const lookAtTheme = onTheme(root.getRootNode().host, ui, (dark) => {
    root.classList.toggle("dark", dark);
    page.draw();
  });
  const size = new ResizeObserver(([{ contentRect }]) => {
    if (!contentRect.width) return; // a cell that is scrolled far away
    const narrow = contentRect.width < 640;
    root.classList.toggle("narrow", narrow);
    root.classList.toggle("wide", contentRect.width >= 1000);
    lookAtTheme(); // before it is on the screen, nothing has a colour
    if (narrow === page.narrow) return page.arcs();
    page.narrow = narrow;
    page.draw();
  });
  size.observe(root);
  ui.atEnd(() => size.disconnect());
  page.open = place(page.step).block;
  read();
});

// Draws, and gives the focus to what stands now where it was: nodes are made anew.
const keepingFocus = (root, draw) => {
  const had = root.getRootNode().activeElement,
    kind = had && `.${had.parentNode.classList[0]} > ${had.localName}`,
    all = () => [...root.querySelectorAll(kind)],
    at = had?.parentNode.classList.length && root.contains(had) ? all().indexOf(had) : -1;
  draw();
  if (at < 0 || had.isConnected) return;
  const now = all(),
    next = now[Math.min(at, now.length - 1)] ?? root.querySelector(".stack [aria-pressed=true]");
  next?.focus({ preventScroll: true });
};

// The number that is explained where none is chosen: the largest of its row.
const striking = ({ seen, step, token, head, config }) => {
  const row = seen[step === "next" ? "logits" : step]?.[token],
    { key } = place(step);
  if (!row) return null;
  const part = HEADED.includes(key) ? row.length / config.n_head : row.length,
    from = HEADED.includes(key) ? head * part : 0;
  let best = from;
  const size = TABLES.includes(key) ? (n) => n : Math.abs; // what is looked at most has the largest
  for (let i = from; i < from + part; i++)
    if (Number.isFinite(row[i]) && size(row[i]) > size(row[best])) best = i;
  if (key === "logits" || key === "next") best = gpt2.likeliest(row)[0];
  return [step, token, best];
};

// Above the model: the text, its tokens, what comes next, and what was changed.

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

const div = (name, attributes = {}) => make("div", { class: name, ...attributes });

const textBox = (page, box) => {
  const stories = page.model.get("stories"),
    top = div("top");
  if (!stories.length) {
    top.append(...labelled("The text", box));
    return top;
  }
  const menu = make("select");
  menu.append(make("option", { value: "" }, "choose a story …"));
  stories.forEach((story, i) =>
    menu.append(make("option", { value: i }, story.slice(0, 60) + " …")),
  );
  menu.addEventListener("change", () => {
    if (menu.value) page.ui.set({ text: stories[menu.value], token: -1 });
    menu.value = "";
  });
  box.setAttribute("aria-label", "the text");
  top.append(...labelled("Type a text, or", menu), box);
  return top;
};

const tokens = (page) => {
  const node = div("chips", {
    ...{ role: "group", dir: "ltr", "aria-label": "the tokens, with their positions" },
  });
  walk(node);
  const draw = () => {
    const had = node.contains(node.getRootNode().activeElement);
    const all = page.words.map((word, t) => {
      const kept = t < page.kept,
        said = `${word}, position ${t}` + (kept ? ", keys and values kept" : ""),
        chip = make("button", { type: "button", "aria-label": said });
      chip.append(make("small", { "aria-hidden": "true" }, t), make("span", {}, word));
      chip.classList.toggle("kept", kept);
      const changed = page.changes.some(({ kind, token }) => kind === "token" && token === t);
      chip.classList.toggle("changed", changed);
      const logits = page.seen.logits[t],
        best = logits.indexOf(logits.reduce((a, b) => Math.max(a, b)));
      chip.title = `after it, the likeliest: ${page.name(best)}`;
      chip.addEventListener("click", () => page.go({ token: t }));
      return chip;
    });
    node.replaceChildren(...all);
    press(all, all[page.token]);
    if (had) all[page.token].focus({ preventScroll: true });
    intoSight(node, all[page.token]);
    const legend = `hatched: the keys and values of ${page.kept} tokens came from the cache`;
    if (page.kept) node.append(make("small", {}, legend));
  };
  return [node, draw];
};

// Another token in the place of the chosen one.
const exchange = (page) => {
  const { tokenizer } = page,
    form = make("form", { class: "edit" }),
    words = make("datalist", { id: "words" }),
    box = make("input", { type: "text", list: "words", size: 14 }),
    label = labelled("", box)[0];
  tokenizer.tokens.slice(256, 5000).forEach((_, n) => {
    const id = n + 256;
    if (!tokenizer.special.includes(id))
      words.append(make("option", { value: tokenizer.decode([id]).trim() }));
  });
  form.append(label, box, words, make("button", { type: "submit" }, "exchange"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = box.value;
    if (!typed) return;
    const found = [" " + typed.trimStart(), typed]
      .map((text) => tokenizer.encode(text))
      .find((ids) => ids.length === 1);
    if (!found)
      return page.problem(`“${typed}” is not one token, so it cannot stand in one token's place.`);
    box.value = "";
    page.change({ kind: "token", token: page.token, id: found[0] });
  });
  return [form, () => (label.textContent = `exchange “${page.words[page.token]}” for`)];
};

const nextWord = (page) => {
  let line = Promise.resolve(); // one token after the other, however fast somebody clicks
  const node = div("next", { role: "group", "aria-label": "the next word" }),
    title = div("next-title"),
    place = div("bars-place"),
    gap = div("lead"),
    buttons = div("next-buttons"),
    dials = make("details");
  for (const [text, count] of [
    ["Write a token", 1],
    ["Write ten", 10],
  ]) {
    const button = make("button", { type: "button", class: "write" }, text);
    const write = async () => {
      if (!page.unread) page.problem("");
      while (page.ui.typing()) await pause(50);
      for (let n = 0; n < count && node.isConnected; n++) {
        if (!(await page.write())) return;
        if (count > 1) await pause(60); // to be seen
      }
    };
    button.addEventListener("click", () => (line = line.then(write, write)));
    buttons.append(button);
  }
  dials.append(make("summary", {}, "temperature, top-k, top-p"));
  page.dials = dialsOf(page);
  node.append(title, place, buttons, dials, gap);
  const draw = () => {
    const last = page.token === page.ids.length - 1;
    title.replaceChildren(
      "After reading ",
      make("b", {}, `“${page.words[page.token]}”`),
      ` (position ${page.token}), the model says next:`,
    );
    buttons.title = last ? "" : "at the end of the text";
    const open = page.step === "next"; // then the dials stand there
    dials.hidden = open;
    if (!open) dials.append(page.dials);
    drawBars();
    gap.textContent = lead(page);
  };
  const drawBars = () => {
    const active = place.getRootNode().activeElement,
      had = place.contains(active) && active.closest(".bar-row").dataset.id;
    place.replaceChildren(nextBars(page));
    page.root.querySelector(".panel .bars")?.replaceWith(nextBars(page));
    if (had) place.querySelector(`[data-id="${had}"] button`)?.focus();
  };
  page.drawNext = () => {
    drawBars();
    gap.textContent = lead(page);
    page.drawChanges();
    page.drawBadges();
    page.drawLikeliest();
    page.writePython();
    page.mark();
  };
  page.ui.on(["temperature", "top_k", "top_p"], () => page.before && page.drawNext());
  return [node, draw];
};

const changesMade = (page) => {
  const node = div("changes", { role: "group", "aria-label": "changes" });
  const draw = () => {
    node.replaceChildren();
    const first = page.own.first();
    if (first) node.append(make("p", { class: "badge differs" }, first));
    if (!page.changes.length) return;
    node.append(make("b", {}, "Changed: "));
    for (const change of page.changes) {
      const said = inWords(page, change),
        button = make("button", { type: "button", "aria-label": "undo: " + said }, said + " ✕");
      button.addEventListener("click", () => page.undo(change));
      node.append(button);
    }
    const all = make("button", { type: "button" }, "undo all");
    all.addEventListener("click", () => page.ui.set({ changes: [] }));
    if (page.changes.length > 1) node.append(all);
    node.append(make("small", {}, "Where something moved, a line marks where it was before."));
  };
  page.drawChanges = draw;
  return [node, draw];
};

// The page's state: the text, its two runs, what is chosen, and everything that one can do.

const pageOf = (model, ui) => {
  const file = model.get("file"),
    config = model.get("config"),
    tokenizer = new bpe.Tokenizer(...model.get("vocabulary")),
    start = config.eos_token_id === null ? [] : [config.eos_token_id];
  const page = {
    ...{ model, ui, config, tokenizer, root: ui.root, ids: [], words: [] },
    params: safetensors.read(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength)),
    ...{ before: null, now: null, kept: 0 }, // two runs; tokens whose keys and values were kept
    narrow: null, // not known before the page is on the screen
    open: null, // the block that is unfolded
    ...{ looked: null, picked: null }, // numbers, as [value's name, token, index]
    rooted: false, // whether bars and tints are drawn by the square root
    scale: (part) => (page.rooted ? Math.sign(part) * Math.sqrt(Math.abs(part)) : part),
    ...{ arcs: () => {}, writePython: () => {} }, // what of the panel is drawn again by itself
    grids: new Map(), // the values on the screen: a function that marks one of their numbers
    draw: () => {},
    problem: () => {},
    tell: () => {}, // to those who hear the page
    unread: false, // whether the text in the box is another than the one that is shown
    get seen() {
      return page.now ?? page.before;
    },
    get token() {
      const chosen = model.get("token");
      return chosen < 0 || chosen >= page.ids.length ? page.ids.length - 1 : chosen;
    },
    get step() {
      const step = model.get("step");
      if (!isStep(step, config)) return "h.0.attention"; // an address may say anything
      return step.replace(/\.[kv]$/, ".q"); // they are shown together
    },
    get head() {
      return Math.min(model.get("head"), config.n_head - 1);
    },
    get changes() {
      return model.get("changes");
    },
    name: (id) => (id === config.eos_token_id ? "<s>" : shown(tokenizer.decode([id]))),
    numberIn: (name, t, i) => `${titleOf(page, name, t, i)} is ${digits(page.seen[name][t][i])}`,
    // A token's numbers; those of "next", which follow the dials, are not kept in a run.
    rowOf: (seen, name, t) =>
      name !== "next"
        ? seen[name][t]
        : ((seen === page.now ? page.own.next(seen, t) : null) ??
          gpt2.probabilities(seen.logits[t], page.settings())),
    settings: () => {
      const [temperature, top_k, top_p] = ["temperature", "top_k", "top_p"].map(model.get);
      return { temperature, top_k: top_k >= 60 ? null : top_k, top_p };
    },
  };
  page.own = ownFunctions(page);

  // ---- choosing

  // Goes to a step, a token, a head; pick names a number there that is to be explained.
  page.go = ({ pick, ...to }) => {
    [page.looked, page.picked] = [null, pick ?? null];
    if (pick) to.step ??= pick[0];
    const { block, key } = place(to.step ?? page.step);
    if (block !== null && to.step) page.open = block;
    if (pick && HEADED.includes(key))
      to.head = Math.floor((pick[2] * config.n_head) / page.seen[pick[0]][pick[1]].length);
    const news = Object.keys(to).some((name) => model.get(name) !== to[name]);
    ui.set(to);
    if (!news) page.draw();
  };
  page.fold = (block) => {
    page.open = page.open === block ? null : block;
    if (page.open === null || place(page.step).block === block) page.draw();
    else page.go({ step: `h.${block}.attention` });
  };
  page.change = (change) =>
    ui.set({ changes: [...page.changes.filter((one) => !same(one, change)), change] });
  page.undo = (change) => ui.set({ changes: page.changes.filter((one) => !same(one, change)) });

  // ---- computing

  const show = () => {
    page.words = exchanged(page.ids, page.changes).map(page.name);
    page.draw();
  };
  page.read = async () => {
    const text = model.get("text"),
      written = page.before && tokenizer.decode(page.ids.slice(start.length));
    if (text === written) {
      page.unread = false;
      return; // the page wrote it, perhaps in other tokens
    }
    page.problem("");
    page.unread = true;
    const ids = gpt2.start_of(config, tokenizer, text);
    page.unread = false;
    const other = page.before ? ids.findIndex((id, t) => id !== page.ids[t]) : -1,
      equal = other < 0 ? ids.length : other, // tokens that are still what a change was made to
      still = page.changes.filter(({ token, head, index }) =>
        [token, token !== undefined && head !== undefined ? index : 0].every((t) => !(t >= equal)),
      );
    [page.ids, page.before, page.now, page.kept] = [
      ids,
      gpt2.trace(page.params, config, ids),
      null,
      0,
    ];
    page.looked = page.picked = null;
    if (still.length < page.changes.length) ui.set({ changes: still });
    else await page.compute();
  };
  let turn = 0;
  page.compute = async () => {
    if (!page.before) return;
    const mine = ++turn,
      own = page.own.any() ? page.own.rows : null;
    page.own.forget();
    page.kept = 0; // all tokens are read
    const changed = own || page.changes.length,
      now = changed ? await changedRun(page, page.ids, page.changes, own) : null;
    if (mine !== turn) return; // something else was asked for meanwhile
    page.now = now;
    show();
  };

  // A token is drawn and put behind the text. Only it is read: the keys and values of the others
  // are kept. Returns false where there is nothing to write.
  let drawn = 0;
  page.write = async () => {
    const { ids } = page;
    if (!page.before || page.unread || ui.typing()) return false; // the box has another text
    if (page.ids.length >= config.n_positions)
      return page.problem(`The model reads ${config.n_positions} tokens, and that many are there.`);
    if (page.seen.logits.at(-1).some(Number.isNaN))
      return page.problem("The logits are not numbers: nothing can come next.");
    const last = page.ids.length - 1,
      u = gpt2.random(page.ids.length + 7919 * drawn++)();
    page.rowOf(page.seen, "next", last);
    await page.own.settled(); // the kernel may be asked for it
    const id = await page.own.draw(page.rowOf(page.seen, "next", last), u);
    if (ids !== page.ids) return false; // another text was read meanwhile
    if (id === config.eos_token_id)
      return page.problem("The model wrote its end token: for it, the text is over.");
    const longer = (page.ids = [...ids, id]);
    page.kept = ids.length;
    gpt2.trace(page.params, config, [id], page.before);
    page.looked = page.picked = null;
    const text = tokenizer.decode(page.ids.slice(start.length));
    if (page.own.any())
      await page.compute(); // the kernel's functions know no cache
    else if (page.now)
      gpt2.trace(page.params, config, [id], page.now, changing(config, page.changes, page.now));
    if (longer !== page.ids) return false;
    ui.set({ token: -1, text });
    show();
    return true;
  };
  return page;
};

// The cache explorer's other side: utils/widgets/cache.py once more.

BACKS.cache = (back, state, { params, config }) => {
  const { n_layer, n_head, n_embd: C, vocab_size: V } = config,
    D = C / n_head,
    T = state.ids.length,
    seen = gpt2.trace(params, config, state.ids),
    numbers = [];
  for (let l = 0; l < n_layer; l++)
    for (const [name, width] of [..."q k v heads".split(" ").map((n) => [n, D]), ["attention", T]])
      for (let head = 0; head < n_head; head++)
        for (const row of seen[`h.${l}.${name}`])
          numbers.push(...row.slice(head * width, (head + 1) * width));
  const inner = config.n_inner ?? 4 * C,
    work = (past, news) =>
      n_layer * (news * (4 * C * C + 2 * C * inner) + 2 * news * (past + news) * C) + C * V;
  back.give({
    numbers: new DataView(Float32Array.from(numbers).buffer),
    work: state.ids.map((_, t) => [work(t, 1), work(0, t + 1)]),
  });
};

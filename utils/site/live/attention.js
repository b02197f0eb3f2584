// The attention explorer's other side: utils/widgets/attention.py once more.

BACKS.attention = async (back, state, { params, config, tokenizer }) => {
  if (!state.typed) {
    const packed = new Blob([unpacked(state.packed)]).stream(),
      whole = new Response(packed.pipeThrough(new DecompressionStream("deflate")));
    back.give({ shares: new DataView(await whole.arrayBuffer()) });
    return;
  }
  const take = () => {
    const ids = gpt2.start_of(config, tokenizer, state.text),
      seen = gpt2.trace(params, config, ids),
      words = ids.map((id) => tokenizer.decode([id]).trim() || "␣"),
      { n_layer, n_head } = config,
      T = ids.length,
      shares = new Float32Array(n_layer * n_head * T * T);
    for (let l = 0; l < n_layer; l++)
      seen[`h.${l}.attention`].forEach((row, t) =>
        row.forEach((share, i) => {
          const head = Math.floor(i / T);
          shares[((l * n_head + head) * T + t) * T + (i % T)] = share;
        }),
      );
    const { word, words: old } = state,
      last = word === old.length - 1, // then typing on goes on with the last word
      kept = !last && old.slice(0, word + 1).every((one, t) => one === words[t]);
    return { shares: new DataView(shares.buffer), words, problem: "", kept };
  };
  back.hear.text = () => {
    try {
      const { kept, ...values } = take();
      back.give(kept ? values : { ...values, word: values.words.length - 1 });
    } catch (error) {
      back.give({ problem: error.message });
    }
  };
  back.give({ shares: take().shares });
};

// The playground's other side: utils/widgets/sampling.py once more.

BACKS.sampling = (back, state, { params, config, tokenizer }) => {
  let seen;
  const dials = () => {
    const { temperature, top_k, top_p } = state;
    return { temperature, top_k, top_p };
  };
  const bars = () => {
    if (!seen) return;
    const logits = seen.logits.at(-1),
      plain = gpt2.probabilities(logits),
      now = gpt2.probabilities(logits, dials()),
      rows = gpt2
        .likeliest(plain)
        .slice(0, 12)
        .map((id) => [visible(tokenizer.tokens[id]), plain[id], now[id], now[id] > 0]);
    const kept = now.filter((share) => share > 0).length,
      rest = kept - rows.filter((row) => row[3]).length,
      more = rest > 0 ? `; ${big(rest)} of them not among these bars` : "";
    back.give({ rows, said: `${big(kept)} of ${big(now.length)} tokens can be drawn${more}.` });
  };
  const read = () => {
    try {
      seen = gpt2.trace(params, config, gpt2.start_of(config, tokenizer, state.text));
      bars();
    } catch (error) {
      seen = undefined;
      back.give({ rows: [], samples: [], said: error.message });
    }
  };
  const sample = (random) => {
    const mine = Object.fromEntries(Object.entries(seen).map(([name, rows]) => [name, [...rows]])),
      made = [];
    while (made.length < 14 && gpt2.length(mine) <= config.n_positions) {
      const shares = gpt2.probabilities(mine.logits.at(-1), dials()),
        id = gpt2.sample_id(shares, random());
      if (id === config.eos_token_id) return [tokenizer.decode(made), true];
      made.push(id);
      if (made.length === 14 || gpt2.length(mine) === config.n_positions) break;
      gpt2.trace(params, config, [id], mine);
    }
    return [tokenizer.decode(made), false];
  };
  const draw = () => {
    if (!seen) return;
    const random = gpt2.random(state.turn);
    back.give({ samples: Array.from({ length: 10 }, () => sample(random)) });
  };
  Object.assign(back.hear, {
    ...{ text: read, temperature: bars, top_k: bars, top_p: bars },
    turn: () => setTimeout(draw), // the bars first
  });
  read();
  draw();
};

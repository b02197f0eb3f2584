// How a number was made: the row and the column it comes from, the products and their sum.

// Gives {what, formula, terms, bias, lines, total, from}: terms are added up, each a value with a
// label and, where it is a product, its two factors; then lines, [label, value], are worked off, of
// which the last is the total. `from` names what was read: [value's name, token, index or null].
const making = (page, seen, name, t, i) => {
  const { block, key } = place(name);
  const maker = { k: "q", v: "q", ln_2: "ln_1", ln_f: "ln_1" }[key] ?? key;
  const from = readsOf(name, page.config);
  const made = MAKERS[maker]({ ...page, seen, name, key, block, t, i, from });
  const whole = {
    bias: null,
    lines: [],
    terms: [],
    from: from.map((one) => [one, t, null]),
    ...made,
  };
  const sum = whole.terms.reduce((all, term) => all + term.value, whole.bias ?? 0);
  return { ...whole, sum, total: whole.lines.at(-1)?.[1] ?? sum };
};

// One output of x @ weight + bias: a product for each number of x.
const products = ({ params, seen }, name, t, weight, column, label = (j) => String(j)) => {
  const { data, shape } = params[weight + ".weight"];
  return {
    terms: Array.from(seen[name][t], (a, j) => {
      const b = data[j * shape[1] + column];
      return { label: label(j), a, b, value: a * b };
    }),
    bias: params[weight + ".bias"].data[column],
  };
};

const added = ({ seen, from, t, i }, labels) => ({
  formula: labels.join(" + "),
  terms: from.map((name, n) => ({ label: labels[n], value: seen[name][t][i] })),
  from: from.map((name) => [name, t, i]),
});

// In a row of scores or shares: which head, which column, where the head's part begins.
const cellOf = ({ config, seen, name, t, i }) => {
  const S = seen[name][t].length / config.n_head,
    s = i % S;
  return { S, s, head: (i - s) / S, first: i - s, D: config.n_embd / config.n_head };
};

const MAKERS = {
  tokens: ({ ids, t, i, params }) => ({
    formula: `wte[${ids[t]}, ${i}]`,
    lines: [["looked up", params["wte.weight"].data[ids[t] * params["wte.weight"].shape[1] + i]]],
  }),
  positions: ({ t, i, params }) => ({
    formula: `wpe[${t}, ${i}]`,
    lines: [["looked up", params["wpe.weight"].data[t * params["wpe.weight"].shape[1] + i]]],
  }),
  residual: (at) =>
    added(at, at.block === null ? ["token", "position"] : ["stream", "MLP's output"]),
  middle: (at) => added(at, ["stream", "attention's output"]),

  ln_1: ({ params, config, seen, from, name, t, i }) => {
    const x = seen[from[0]][t],
      { mean, variance } = gpt2.moments(x),
      p = (end) => params[name + end].data[i],
      normal = (x[i] - mean) / Math.sqrt(variance + config.layer_norm_epsilon);
    return {
      formula: "(x − mean) / √(variance + ε) · weight + bias",
      lines: [
        ["x", x[i]],
        ["mean of the row", mean],
        ["variance of the row", variance],
        ["(x − mean) / √(variance + ε)", normal],
        [`times the weight ${digits(p(".weight"))}`, normal * p(".weight")],
        [`plus the bias ${digits(p(".bias"))}`, normal * p(".weight") + p(".bias")],
      ],
    };
  },
  q: (at) => {
    const { config, block, key, t, i, from } = at,
      column = "qkv".indexOf(key) * config.n_embd + i;
    return {
      formula: `y · column ${column} of c_attn.weight + bias`,
      ...products(at, from[0], t, `h.${block}.attn.c_attn`, column),
    };
  },
  scores: (at) => {
    const { seen, t, from } = at,
      { s, head, D } = cellOf(at),
      [q, k] = [seen[from[0]][t], seen[from[1]][s]],
      terms = Array.from({ length: D }, (_, d) => {
        const [a, b] = [q[head * D + d], k[head * D + d]];
        return { label: String(d), a, b, value: a * b };
      }),
      dot = terms.reduce((sum, term) => sum + term.value, 0);
    return {
      formula: `q · k / √${D}`,
      terms,
      lines: [[`divided by √${D} = ${Math.sqrt(D).toFixed(3)}`, dot / Math.sqrt(D)]],
      from: [
        [from[0], t, head * D],
        [from[1], s, head * D],
      ],
    };
  },
  masked: (at) => {
    const { seen, t, i, from } = at,
      { s } = cellOf(at),
      score = seen[from[0]][t][i];
    return {
      formula: s > t ? `token ${s} comes after token ${t}` : `token ${s} is not after token ${t}`,
      lines: [["score", score], s > t ? ["hidden", -Infinity] : ["seen: it stays", score]],
      from: [[from[0], t, i]],
    };
  },
  attention: (at) => {
    const { seen, words, t, i, from } = at,
      { S, s, first } = cellOf(at),
      row = seen[from[0]][t].slice(first, first + S),
      most = Math.max(...row),
      terms = Array.from(row, (score, n) => ({ label: words[n], value: Math.exp(score - most) }));
    const whole = terms.reduce((sum, term) => sum + term.value, 0);
    return {
      formula: "exp(score − largest) / sum of the row",
      terms: terms.filter((term) => term.value > 0),
      lines: [
        ["score", row[s]],
        ["largest score of the row", most],
        ["exp(score − largest)", terms[s].value],
        ["divided by the sum", terms[s].value / whole],
      ],
      from: [[from[0], t, i]],
    };
  },
  heads: ({ seen, config, words, t, i, from }) => {
    const D = config.n_embd / config.n_head,
      row = seen[from[0]][t],
      S = row.length / config.n_head,
      head = Math.floor(i / D);
    const terms = words.slice(0, S).map((label, s) => {
      const [a, b] = [row[head * S + s], seen[from[1]][s][i]];
      return { label, a, b, value: a * b };
    });
    const most = terms.reduce((best, term, s) => (term.a > terms[best].a ? s : best), 0);
    return {
      formula: "share · value, for each token",
      terms: terms.filter((term) => term.a > 0),
      from: [
        [from[0], t, head * S + most],
        [from[1], most, i],
      ],
    };
  },
  merged: ({ seen, from, t, i }) => ({
    formula: "the same number, in another shape",
    lines: [["found by the head", seen[from[0]][t][i]]],
    from: [[from[0], t, i]],
  }),
  attn: (at) => {
    const { config, block, t, i, from } = at,
      D = config.n_embd / config.n_head,
      whole = products(at, from[0], t, `h.${block}.attn.c_proj`, i);
    const terms = Array.from({ length: config.n_head }, (_, head) => ({
      label: `head ${head}`,
      value: whole.terms.slice(head * D, (head + 1) * D).reduce((sum, one) => sum + one.value, 0),
    }));
    return { formula: `found · column ${i} of c_proj.weight + bias`, terms, bias: whole.bias };
  },
  c_fc: (at) => ({
    formula: `y · column ${at.i} of c_fc.weight + bias`,
    ...products(at, at.from[0], at.t, `h.${at.block}.mlp.c_fc`, at.i),
  }),
  hidden: ({ seen, from, t, i }) => {
    const x = seen[from[0]][t][i],
      inner = Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
    return {
      formula: "0.5 · x · (1 + tanh(√(2/π) · (x + 0.044715 x³)))",
      lines: [
        ["x", x],
        ["√(2/π) · (x + 0.044715 x³)", inner],
        ["its tanh", Math.tanh(inner)],
        ["0.5 · x · (1 + tanh)", gpt2.gelu(x)],
      ],
      from: [[from[0], t, i]],
    };
  },
  mlp: (at) => ({
    formula: `hidden · column ${at.i} of c_proj.weight + bias`,
    ...products(at, at.from[0], at.t, `h.${at.block}.mlp.c_proj`, at.i),
  }),
  next: ({ seen, settings, t, i }) => {
    const logits = seen.logits[t],
      { temperature, top_k, top_p } = settings(),
      heat = temperature || 1,
      dial = temperature === 0 ? "temperature 0" : "top-k",
      order = gpt2.likeliest(logits),
      place = order.indexOf(i),
      kept = order.slice(0, temperature === 0 ? 1 : (top_k ?? logits.length)),
      power = (id) => Math.exp((logits[id] - logits[order[0]]) / heat),
      sum = kept.reduce((all, id) => all + power(id), 0),
      part = (id) => (kept.includes(id) ? power(id) / sum : 0),
      above = order.slice(0, place).reduce((all, id) => all + part(id), 0),
      last = gpt2.probabilities(logits, settings())[i];
    const lines = [["logit", logits[i]]];
    if (temperature === 0) lines.push(["temperature 0: only the largest is kept", logits[i]]);
    else lines.push([`divided by the temperature ${temperature.toFixed(2)}`, logits[i] / heat]);
    lines.push(
      ["exp(it − the largest)", power(i)],
      [`sum of the ${kept.length.toLocaleString("en")} that ${dial} keeps`, sum],
      [kept.includes(i) ? "divided by the sum" : `place ${place + 1}: ${dial} drops it`, part(i)],
    );
    if (top_p < 1 && part(i))
      lines.push(
        ["the likelier ones have together", above],
        [last ? "top-p keeps it; of what is kept it has" : `that reaches ${top_p}: dropped`, last],
      );
    const formula = "softmax of logits / temperature, of those kept";
    return { formula, lines, from: [["logits", t, i]] };
  },
  logits: ({ seen, params, from, t, i }) => {
    const { data, shape } = params["wte.weight"];
    return {
      formula: `x · row ${i} of wte`,
      terms: Array.from(seen[from[0]][t], (a, j) => {
        const b = data[i * shape[1] + j];
        return { label: String(j), a, b, value: a * b };
      }),
    };
  },
};

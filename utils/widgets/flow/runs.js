// The two runs of the model that are compared: as it is, and with the changes.

// A change is one of
//   {kind: "silence", block, head}               what a head finds becomes zeros
//   {kind: "token", token, id}                   another token is read in this place
//   {kind: "number", name, token, index, value}  a number is another; where a head has a row of
//                                                words, `head` is given, and index is the word's
//                                                place: rows grow with the text. The other shares
//                                                of a row keep their proportions and fill the rest
// changing(…)(name, rows) writes them into the rows of a value as soon as these are made.
const changing = (config, changes, seen) => (name, rows) => {
  const from = seen[name]?.length ?? 0; // with the cache, rows begin at the first new token
  for (const change of changes) {
    const row = rows[change.token - from];
    if (change.kind === "silence" && name === `h.${change.block}.heads`) {
      const D = config.n_embd / config.n_head;
      rows.forEach((y) => y.fill(0, change.head * D, (change.head + 1) * D));
    } else if (change.kind === "number" && name === change.name && row) {
      const S = row.length / config.n_head,
        index = indexIn(row, change, config);
      if (name.endsWith(".attention")) giveShare(row, S, index, change.value);
      else row[index] = change.value;
    }
  }
};

// Where a changed number stands in its token's row.
const indexIn = (row, { head, index }, { n_head }) =>
  head === undefined ? index : head * (row.length / n_head) + index;

const giveShare = (row, S, index, value) => {
  const first = index - (index % S),
    rest = 1 - row[index];
  for (let i = first; i < first + S; i++)
    row[i] = i === index ? value : rest > 0 ? (row[i] * (1 - value)) / rest : 0;
};

const exchanged = (ids, changes) =>
  ids.map((id, t) => changes.findLast((c) => c.kind === "token" && c.token === t)?.id ?? id);

// The run with the changes. own(name, rows, seen), if given, answers later with other rows.
const changedRun = async ({ params, config }, ids, changes, own) => {
  const seen = {},
    change = changing(config, changes, seen);
  if (!own) return gpt2.trace(params, config, exchanged(ids, changes), seen, change);
  const steps = gpt2.steps(params, config, exchanged(ids, changes), seen);
  for (let at = steps.next(); !at.done; ) {
    const [name, made] = at.value,
      rows = await own(name, made, seen);
    change(name, rows);
    at = steps.next(rows);
  }
  return seen;
};

// How long the difference of a token's values is in two runs.
const moved = (a, b) => Math.hypot(...a.map((value, i) => (value === b[i] ? 0 : value - b[i])));

// The part of the stream that a head wrote: its find through its rows of c_proj, without the bias.
const written = ({ params, config }, found, block, head) => {
  const D = config.n_embd / config.n_head,
    C = config.n_embd,
    { data } = params[`h.${block}.attn.c_proj.weight`],
    sum = new Float64Array(C);
  for (let d = head * D; d < (head + 1) * D; d++)
    for (let c = 0; c < C; c++) sum[c] += found[d] * data[d * C + c];
  return sum;
};

// The logit lens: what the stream would say if the blocks ended here. -> logits (V,)
const lens = ({ params, config }, stream) =>
  gpt2.unembed(params, gpt2.layer_norm(params, config, "ln_f", [stream]))[0];

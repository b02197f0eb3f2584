// The steps of the model from the bottom up, by the names of their values in gpt2.js: a title, the
// line of Python that a learner writes, the exercises, the values that are read, and one sentence.

const step = (name, title, role, line, exercises, reads, says) => ({
  ...{ name, title, role, line, exercises, reads, says },
});

const BELOW = [
  step(
    "tokens",
    "wte: the token's vector",
    "token",
    "wte[ids]",
    ["embed"],
    [],
    "Each token's row of the matrix wte is looked up. Nothing is computed.",
  ),
  step(
    "positions",
    "wpe: the position's vector",
    "position",
    "wpe[:T]",
    ["add_positions"],
    [],
    "Each position, counted from 0, has a row of the matrix wpe.",
  ),
  step(
    "residual",
    "the stream begins",
    "token",
    "x = wte[ids] + wpe[:T]",
    ["add_positions"],
    ["tokens", "positions"],
    "Token and position are added. From here on every block adds to this vector.",
  ),
];

// Of block i; "x" stands for the stream that enters it.
const BLOCK = [
  step(
    "ln_1",
    "LayerNorm ln_1",
    "plain",
    "y = layer_norm(x, ln_1.weight, ln_1.bias)",
    ["layer_norm"],
    ["x"],
    "Mean 0 and variance 1, times a learned weight, plus a bias. The stream itself stays.",
  ),
  step(
    "q",
    "query, key, value",
    "query",
    "q, k, v = (y @ c_attn.weight + c_attn.bias).chunk(3, dim=-1)",
    ["project_qkv", "split_heads"],
    ["ln_1"],
    "One matrix makes all three. Each is cut into heads: a row here is a head.",
  ),
  step(
    "scores",
    "scores",
    "score",
    "scores = q @ k.transpose(-2, -1) / D**0.5",
    ["attention_scores", "scale"],
    ["q", "k"],
    "In each head, the query of one token (row) is compared with the key of each (column).",
  ),
  step(
    "masked",
    "mask",
    "score",
    "scores.masked_fill(~causal_mask(T), -torch.inf)",
    ["causal_mask"],
    ["scores"],
    "What comes later is hidden: its score becomes minus infinity, so its share will be 0.",
  ),
  step(
    "attention",
    "shares",
    "score",
    "weights = softmax(scores)",
    ["softmax"],
    ["masked"],
    "Softmax turns each row of scores into shares that add up to 1.",
  ),
  step(
    "heads",
    "weighted sum",
    "value",
    "heads = weights @ v",
    ["weighted_sum"],
    ["attention", "v"],
    "Each head adds up the values of all tokens it sees, each times its share.",
  ),
  step(
    "merged",
    "merge heads",
    "value",
    "heads.transpose(-3, -2).flatten(-2)",
    ["merge_heads"],
    ["heads"],
    "The finds of all heads are put side by side. No number changes.",
  ),
  step(
    "attn",
    "attention’s c_proj",
    "plain",
    "found @ c_proj.weight + c_proj.bias",
    ["multi_head_attention"],
    ["merged"],
    "A matrix mixes what the heads found: every number hears every head.",
  ),
  step(
    "middle",
    "add to the stream",
    "token",
    "x = x + attention(ln_1(x))",
    ["decoder_block"],
    ["x", "attn"],
    "Attention's output is added. What was in the stream is still there.",
  ),
  step(
    "ln_2",
    "LayerNorm ln_2",
    "plain",
    "y = layer_norm(x, ln_2.weight, ln_2.bias)",
    ["layer_norm"],
    ["middle"],
    "LayerNorm once more, with a weight and a bias of its own.",
  ),
  step(
    "c_fc",
    "MLP’s c_fc",
    "plain",
    "hidden = y @ c_fc.weight + c_fc.bias",
    ["mlp"],
    ["ln_2"],
    "The MLP widens the vector to four times its length.",
  ),
  step(
    "hidden",
    "GELU",
    "plain",
    "0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))",
    ["gelu"],
    ["c_fc"],
    "Negative numbers shrink to nearly nothing, large ones pass.",
  ),
  step(
    "mlp",
    "MLP’s c_proj",
    "plain",
    "hidden @ c_proj.weight + c_proj.bias",
    ["mlp"],
    ["hidden"],
    "Back to the length of the stream.",
  ),
  step(
    "residual",
    "add to the stream",
    "token",
    "x = x + mlp(ln_2(x))",
    ["decoder_block"],
    ["middle", "mlp"],
    "The MLP's output is added. This is what the block hands on.",
  ),
];

const ABOVE = [
  step(
    "ln_f",
    "LayerNorm ln_f",
    "plain",
    "x = layer_norm(x, ln_f.weight, ln_f.bias)",
    ["layer_norm"],
    ["x"],
    "The last LayerNorm, after all blocks.",
  ),
  step(
    "logits",
    "logits",
    "score",
    "logits = x @ wte.T",
    ["unembed"],
    ["ln_f"],
    "The vector is compared with every token's row of wte. The largest product wins.",
  ),
  step(
    "next",
    "the next word",
    "score",
    "sample_id(softmax(top_p(top_k(temperature(logits, t), k), p)), u)",
    ["temperature", "top_k", "top_p", "sample_id"],
    ["logits"],
    "The logits become probabilities, through three dials, and one token is drawn.",
  ),
];

const LESSONS = {
  "03_embeddings_and_positions": ["embed", "add_positions"],
  "04_masked_self_attention": [
    ...["attention_scores", "softmax", "weighted_sum", "scale", "causal_mask", "project_qkv"],
    ...["split_heads", "merge_heads", "multi_head_attention"],
  ],
  "05_decoder_block": ["layer_norm", "gelu", "mlp", "decoder_block"],
  "06_logits_and_sampling": ["unembed", "temperature", "top_k", "top_p", "sample_id"],
};
const lessonOf = (exercise) =>
  Object.keys(LESSONS).find((lesson) => LESSONS[lesson].includes(exercise));

// Values whose rows are cut into heads, and those of them that have a number for each token.
const TABLES = ["scores", "masked", "attention"];
const HEADED = ["q", "k", "v", "heads", "merged", ...TABLES];

// A value's full name, "h.3.scores", taken apart; block is null below and above the blocks.
const place = (name) => {
  const [, block, key] = /^(?:h\.(\d+)\.)?(\w+)$/.exec(name) ?? [];
  return { block: block === undefined ? null : Number(block), key };
};

// The stream that enters a block, or leaves the last one.
const entering = (block) => (block === 0 ? "residual" : `h.${block - 1}.residual`);

const stepOf = (name) => {
  const { block, key } = place(name);
  const steps = block === null ? [...BELOW, ...ABOVE] : BLOCK;
  return steps.find((one) => one.name === (key === "k" || key === "v" ? "q" : key));
};

const isStep = (name, config) => Boolean(stepOf(name)) && (place(name).block ?? 0) < config.n_layer;

// The full name of a value that a step of this block (null: of none) reads.
const fullName = (key, block, config) => {
  if (key === "x") return entering(block ?? config.n_layer);
  return block === null ? key : `h.${block}.${key}`;
};
const readsOf = (name, config) =>
  stepOf(name).reads.map((key) => fullName(key, place(name).block, config));

// GPT-2 in the browser: utils/gpt2.py, trace.py and sampling.py once more, by the same names.
// Letters as there: T new tokens, P tokens read before, S = P + T, C = n_embd, D = C / n_head.
// A value is a list with one row, a Float32Array, for each token; heads lie side by side in a row.
const gpt2 = (() => {
  // Runs the model on T ids and hands out every value as [name, rows] as soon as it is there; what
  // is handed back takes its place. All rows are kept in `seen`, by the names of utils/trace.py;
  // the next call goes on behind them, so "k" and "v" in `seen` are the key-value cache.
  function* steps(params, config, ids, seen) {
    const P = length(seen), C = config.n_embd;
    function* keep(name, rows) {
      const kept = (yield [name, rows]) ?? rows;
      (seen[name] ??= []).push(...kept);
      return kept;
    }
    const tokens = yield* keep("tokens", ids.map((id) => row(params["wte.weight"], id))); // (T, C)
    const positions = yield* keep("positions", ids.map((_, t) => row(params["wpe.weight"], P + t)));
    let x = yield* keep("residual", add(tokens, positions)); // (T, C)
    for (let i = 0; i < config.n_layer; i++) {
      const h = `h.${i}.`;
      const ln_1 = yield* keep(h + "ln_1", layer_norm(params, config, h + "ln_1", x)); // (T, C)
      const qkv = linear(params, h + "attn.c_attn", ln_1); // (T, C) -> (T, 3C)
      const q = yield* keep(h + "q", qkv.map((y) => y.slice(0, C))); // (T, n_head * D)
      yield* keep(h + "k", qkv.map((y) => y.slice(C, 2 * C)));
      yield* keep(h + "v", qkv.map((y) => y.slice(2 * C)));
      const [k, v] = [seen[h + "k"], seen[h + "v"]]; // (S, n_head * D): kept ones and new ones
      const compared = q.map((y) => compare(config, y, k)); // (T, n_head * S)
      const scores = yield* keep(h + "scores", compared);
      const without_later = scores.map((y, t) => mask(config, y, P + t)); // (T, n_head * S)
      const masked = yield* keep(h + "masked", without_later);
      const attention = yield* keep(h + "attention", masked.map((y) => shares(config, y)));
      const heads = yield* keep(h + "heads", attention.map((y) => collect(config, y, v)));
      const merged = yield* keep(h + "merged", heads.map((y) => y.slice()));
      const attn = yield* keep(h + "attn", linear(params, h + "attn.c_proj", merged)); // (T, C)
      const middle = yield* keep(h + "middle", add(x, attn));
      const ln_2 = yield* keep(h + "ln_2", layer_norm(params, config, h + "ln_2", middle));
      const c_fc = yield* keep(h + "c_fc", linear(params, h + "mlp.c_fc", ln_2)); // (T, 4C)
      const hidden = yield* keep(h + "hidden", c_fc.map((y) => y.map(gelu)));
      const mlp = yield* keep(h + "mlp", linear(params, h + "mlp.c_proj", hidden)); // (T, C)
      x = yield* keep(h + "residual", add(middle, mlp));
    }
    x = yield* keep("ln_f", layer_norm(params, config, "ln_f", x));
    yield* keep("logits", unembed(params, x)); // (T, C) -> (T, V)
  }

  // All of it at once. change(name, rows), if given, may return other rows for a step.
  function trace(params, config, ids, seen = {}, change = () => undefined) {
    check_ids(config, ids, seen);
    const run = steps(params, config, ids, seen);
    for (let at = run.next(); !at.done; at = run.next(change(...at.value)));
    return seen;
  }

  const length = (seen) => seen.logits?.length ?? 0; // tokens read so far
  const forward = (...all) => trace(...all).logits.at(-1); // (V,): what may come next

  // The ids of a text, behind the token that stands before every text, if there is one.
  function start_of(config, tokenizer, text) {
    const start = config.eos_token_id === null ? [] : [config.eos_token_id];
    const ids = [...start, ...tokenizer.encode(text)];
    check_ids(config, ids);
    return ids;
  }

  function check_ids(config, ids, seen = {}) {
    const count = length(seen) + ids.length, { n_positions: most, vocab_size: V } = config;
    if (!ids.length)
      throw new Error("Type at least one word: this model has no start token.");
    if (count > most)
      throw new Error(
        `The text has ${count.toLocaleString("en-US")} tokens, and the model can read ` +
          `${most.toLocaleString("en-US")}: nothing is left out for you, so shorten it.`,
      );
    if (!ids.every((id) => id >= 0 && id < V))
      throw new Error(`ids must lie between 0 and ${V - 1} (vocab_size - 1).`);
  }

  const row = ({ shape, data }, i) => data.slice(i * shape[1], (i + 1) * shape[1]);
  const add = (x, y) => x.map((a, t) => a.map((value, c) => value + y[t][c]));
  const gelu = (x) =>
    0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));

  // x @ weight + bias, (T, n) -> (T, m). Two tokens and four rows of the weight at a time: what is
  // read of the weight serves both, which is five times as fast as one by one.
  function linear(params, name, x) {
    const W = params[name + ".weight"].data,
      bias = params[name + ".bias"].data,
      sums = x.map(() => Float64Array.from(bias)),
      spare = new Float64Array(bias.length); // an odd token at the end is read twice
    for (let t = 0; t < x.length; t += 2) {
      const [a, b, y, z] = [x[t], x[t + 1] ?? x[t], sums[t], sums[t + 1] ?? spare];
      const fours = a.length - (a.length % 4);
      for (let i = 0; i < fours; i += 4) add_four(W, i, a, b, y, z);
      for (let i = fours; i < a.length; i++) add_one(W, i, a, b, y, z);
    }
    return sums.map((y) => Float32Array.from(y));
  }
  // Rows i to i + 3 of W, times numbers of a into y and of b into z. A small function of its own
  // is compiled early and once, where a loop within loops costs the first text a tenth of a second.
  function add_four(W, i, a, b, y, z) {
    const m = y.length,
      a0 = a[i], a1 = a[i + 1], a2 = a[i + 2], a3 = a[i + 3],
      b0 = b[i], b1 = b[i + 1], b2 = b[i + 2], b3 = b[i + 3];
    for (let j = 0, w = i * m; j < m; j++, w++) {
      const w0 = W[w], w1 = W[w + m], w2 = W[w + 2 * m], w3 = W[w + 3 * m];
      y[j] += a0 * w0 + a1 * w1 + a2 * w2 + a3 * w3;
      z[j] += b0 * w0 + b1 * w1 + b2 * w2 + b3 * w3;
    }
  }
  function add_one(W, i, a, b, y, z) {
    for (let j = 0, m = y.length; j < m; j++) {
      y[j] += a[i] * W[i * m + j];
      z[j] += b[i] * W[i * m + j];
    }
  }

  function layer_norm(params, config, name, x) {
    const weight = params[name + ".weight"].data,
      bias = params[name + ".bias"].data;
    return x.map((a) => {
      const { mean, variance } = moments(a);
      const spread = Math.sqrt(variance + config.layer_norm_epsilon);
      return a.map((value, c) => ((value - mean) / spread) * weight[c] + bias[c]);
    });
  }

  function moments(a) {
    const mean = a.reduce((sum, value) => sum + value, 0) / a.length;
    return { mean, variance: a.reduce((sum, value) => sum + (value - mean) ** 2, 0) / a.length };
  }

  // One token's query against all keys: (n_head * D,) and (S, n_head * D) -> (n_head * S,)
  function compare({ n_head, n_embd }, q, keys) {
    const D = n_embd / n_head, S = keys.length, scores = new Float32Array(n_head * S);
    for (let head = 0; head < n_head; head++)
      for (let s = 0; s < S; s++)
        scores[head * S + s] = dot(q, head * D, keys[s], head * D, D) / Math.sqrt(D);
    return scores;
  }

  // Token t sees tokens 0 to t.
  function mask({ n_head }, scores, t) {
    const S = scores.length / n_head;
    return scores.map((value, i) => (i % S > t ? -Infinity : value));
  }

  function shares({ n_head }, masked) {
    const S = masked.length / n_head, result = new Float32Array(masked.length);
    for (let head = 0; head < n_head; head++)
      result.set(softmax(masked.subarray(head * S, (head + 1) * S)), head * S);
    return result;
  }

  function softmax(x) {
    const y = new Float64Array(x.length);
    let highest = -Infinity, sum = 0;
    for (const value of x) if (value > highest) highest = value;
    for (let i = 0; i < x.length; i++) sum += y[i] = Math.exp(x[i] - highest);
    return y.map((value) => value / sum);
  }

  // What each head found: the values of all tokens, each times its share. -> (n_head * D,)
  function collect({ n_head, n_embd }, attention, values) {
    const D = n_embd / n_head, S = attention.length / n_head, found = new Float64Array(n_embd);
    for (let head = 0; head < n_head; head++)
      for (let s = 0; s < S; s++) {
        const share = attention[head * S + s];
        if (share) for (let d = head * D; d < (head + 1) * D; d++) found[d] += share * values[s][d];
      }
    return Float32Array.from(found);
  }

  function unembed(params, x) {
    const { data, shape: [V, C] } = params["wte.weight"];
    return x.map((a) => {
      const logits = new Float32Array(V);
      for (let id = 0; id < V; id++) logits[id] = dot(a, 0, data, id * C, C);
      return logits;
    });
  }

  // The sum of n products. Two sums side by side: the second need not wait for the first.
  function dot(a, i, b, j, n) {
    let even = 0, odd = 0;
    const end = i + n - 1;
    for (; i < end; i += 2, j += 2) {
      even += a[i] * b[j];
      odd += a[i + 1] * b[j + 1];
    }
    return even + odd + (i === end ? a[i] * b[j] : 0);
  }

  // ---- utils/sampling.py

  // The three dials, in this order. Of equal logits the lower id is likelier.
  function probabilities(logits, { temperature = 1, top_k = null, top_p = null } = {}) {
    const order = likeliest(logits), highest = logits[order[0]], V = logits.length;
    if (!Number.isFinite(highest) || logits.some(Number.isNaN))
      throw new Error("The logits hold nan or inf: the weights must be damaged.");
    const k = temperature === 0 ? 1 : Math.min(top_k ?? V, V), result = new Float64Array(V);
    const heat = temperature || 1;
    let sum = 0, before = 0, rest = 0;
    for (const id of order.slice(0, k)) sum += result[id] = Math.exp((logits[id] - highest) / heat);
    order.slice(0, k).forEach((id, i) => {
      const share = result[id] / sum;
      result[id] = i && top_p !== null && top_p < 1 && before >= top_p ? 0 : share;
      before += share;
      rest += result[id];
    });
    return result.map((share) => share / rest);
  }

  const likeliest = (x) => Array.from(x.keys()).sort((a, b) => x[b] - x[a] || a - b);

  // Random numbers from 0 to 1, the same for the same seed (mulberry32).
  function random(seed) {
    return () => {
      let t = (seed = (seed + 0x6d2b79f5) | 0);
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
  }

  function sample_id(shares, u) {
    let sum = 0, last = 0;
    for (let id = 0; id < shares.length; id++) {
      if (shares[id]) last = id;
      if ((sum += shares[id]) > u) return id;
    }
    return last; // rounding left the sum below u
  }

  return {
    ...{ steps, trace, forward, start_of, check_ids, length, linear, layer_norm, moments },
    ...{ gelu, softmax, unembed, probabilities, likeliest, random, sample_id },
  };
})();

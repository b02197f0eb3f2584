// What things are called: words, values, changes.

const shown = (text) =>
  (text.trim() || (text.includes("\n") ? "⏎" : "␣")).replace(
    /[\0-\x1f\x7f]/g,
    (letter) => "\\x" + letter.charCodeAt().toString(16).padStart(2, "0"),
  );

const NAMES = { q: "Q: query", k: "K: key", v: "V: value" };
const shortName = (name) => {
  const { key } = place(name);
  return key === "residual" ? "the stream" : (NAMES[key]?.slice(3) ?? stepOf(name).title);
};

// The number at index i of a token's row, in words.
const titleOf = ({ words, seen, config, name: nameOf }, name, t, i) => {
  const { key, block } = place(name),
    word = words[t],
    where = block === null ? "" : `, block ${block}`;
  if (key === "logits") return `logit of “${nameOf(i)}” after “${word}”`;
  if (key === "next") return `probability of “${nameOf(i)}” after “${word}”`;
  const what = { scores: "score", masked: "masked score", attention: "share" }[key];
  if (what) {
    const S = seen[name][t].length / config.n_head,
      [head, s] = [Math.floor(i / S), i % S];
    return `${what}: “${word}” (${t}) asks, “${words[s]}” (${s}) answers, head ${head}${where}`;
  }
  const D = config.n_embd / config.n_head,
    number = HEADED.includes(key) ? `number ${i % D} of head ${Math.floor(i / D)}` : `number ${i}`;
  return `${shortName(name)} of “${word}” (${t}), ${number}${where}`;
};

const inWords = (page, change) => {
  const { kind, block, head, token, id, name, value } = change;
  if (kind === "silence") return `block ${block}, head ${head} silenced`;
  if (kind === "token") return `“${page.name(page.ids[token])}” (${token}) → “${page.name(id)}”`;
  const index = indexIn(page.seen[name][token], change, page.config);
  return `${titleOf(page, name, token, index)} set to ${digits(value)}`;
};

// Whether two changes are about the same place.
const same = (a, b) =>
  ["kind", "block", "head", "name", "token", "index"].every((part) => a[part] === b[part]);

// The tokenizer's other side: utils/widgets/tokenizer.py once more.

BACKS.tokenizer = (back, state) => {
  const all = state.vocabularies.map(([name, tokens, special]) => [
    name,
    new bpe.Tokenizer(tokens === "gpt2" ? byhand.gpt2 : tokens, special),
  ]);
  const rowOf = ([name, tokenizer], text) => {
    const ids = tokenizer.encode(text),
      shown = ids.slice(0, 400),
      rest = ids.length - shown.length,
      made = new Map();
    for (const id of shown)
      if (!made.has(id))
        made.set(id, [visible(tokenizer.tokens[id]), String(id), detail(tokenizer, id)]);
    const bytes = new TextEncoder().encode(text).length,
      length = [...text].length;
    return {
      name,
      tokens: shown.map((id) => made.get(id)),
      more: rest ? ` … and ${big(rest)} more, counted but not drawn` : "",
      summary:
        `(${big(tokenizer.tokens.length)} ids): ${counted(ids.length, "token")} for ` +
        `${counted(length, "character")}, ${counted(bytes, "byte")}`,
    };
  };
  const read = () => {
    const letters = [...state.text],
      cut = letters.length > 100_000;
    const text = cut ? letters.slice(0, 100_000).join("") : state.text;
    try {
      back.give({
        rows: all.map((one) => rowOf(one, text)),
        problem: cut ? `Of ${big(letters.length)} characters the first 100,000 are read.` : "",
      });
    } catch (error) {
      back.give({ rows: [], problem: error.message });
    }
  };
  back.hear.text = read;
  read();
};

// A token in one line: its id, its bytes, its merges.
const detail = (tokenizer, id) => {
  const word = tokenizer.tokens[id],
    merges = tokenizer.merges_of(id),
    bytes = Array.from(word.slice(0, 24), (letter) => letter.charCodeAt(0)).join(" "),
    line = `${visible(word)} is token ${id}; bytes ${bytes}${word.length > 24 ? " …" : ""}; `;
  if (!merges.length) return line + "a single byte, not merged";
  const steps = merges.map(([a, b]) => `${visible(a)} + ${visible(b)} → ${visible(a + b)}`);
  return `${line}made by ${counted(merges.length, "merge")}: ${steps.join(", ")}`;
};

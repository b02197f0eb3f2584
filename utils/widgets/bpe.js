// Text to token ids and back: utils/bpe.py's Tokenizer once more, in the browser.
const bpe = (() => {
  const PATTERN = new RegExp(
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\p{White_Space}\\p{L}\\p{N}]+" +
      "|\\p{White_Space}+(?!\\P{White_Space})|\\p{White_Space}+", "gu");

  class Tokenizer {
    // tokens: by id, the bytes of each as a string with one letter from \0 to \xff for a byte.
    // special: the ids of tokens that no text is encoded to.
    constructor(tokens, special = []) {
      this.tokens = tokens;
      this.special = special;
      this.ranks = new Map(tokens.map((token, id) => [token, id]));
      for (const id of special) this.ranks.delete(tokens[id]);
      this.known = new Map();
    }

    encode(text) {
      if (/\p{Surrogate}/u.test(text))
        throw new Error("The text holds half a character, which UTF-8 cannot write.");
      return (text.match(PATTERN) ?? []).flatMap((word) => {
        if (!this.known.has(word)) this.known.set(word, this.merge(bytes(word)));
        return this.known.get(word);
      });
    }

    // Merges the bytes of one word: always the pair of lowest rank below `below`. All its places at
    // once, from the left: what they become can only be part of pairs of higher rank.
    merge(word, below = Infinity) {
      let parts = [...word];
      for (;;) {
        const ranks = parts.map((part, i) => this.ranks.get(part + parts[i + 1]) ?? Infinity);
        const best = ranks.reduce((a, b) => Math.min(a, b), below);
        if (best === below) return parts.map((part) => this.ranks.get(part));
        const merged = [];
        for (let i = 0; i < parts.length; i++)
          merged.push(ranks[i] === best ? parts[i] + parts[++i] : parts[i]);
        parts = merged;
      }
    }

    // The merges that made a token, in the order they were learned: pairs of tokens.
    merges_of(id) {
      const made = new Map(),
        queue = [id];
      while (queue.length) {
        const at = queue.pop(), token = this.tokens[at];
        if (this.special.includes(at) || token.length === 1 || made.has(at)) continue;
        const pair = this.merge(token, at);
        const named = pair.map((part) => this.tokens[part]);
        made.set(at, named);
        queue.push(...pair);
      }
      return [...made.keys()].sort((a, b) => a - b).map((at) => made.get(at));
    }

    decode(ids) {
      const joined = ids.map((id) => this.tokens[id]).join("");
      const bytes = Uint8Array.from(joined, (letter) => letter.charCodeAt(0));
      return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    }
  }

  const bytes = (text) =>
    Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");

  return { Tokenizer };
})();

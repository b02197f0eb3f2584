// Words and numbers, as Python writes them.

const SIGNS = { " ": "␣", "\n": "↵", "\t": "⇥" };
const hex = (number, digits) => number.toString(16).toUpperCase().padStart(digits, "0");

// As utils.figures.byte_pair_encoding.visible does.
const visible = (token) => {
  const bytes = Uint8Array.from(token, (letter) => letter.charCodeAt(0));
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const sign = (c) => (/[\p{C}\p{Z}]/u.test(c) ? "U+" + hex(c.codePointAt(0), 4) : c);
    return Array.from(text, (c) => SIGNS[c] ?? sign(c)).join("");
  } catch {
    return Array.from(bytes, (byte) => hex(byte, 2)).join(" ");
  }
};
const big = (number) => number.toLocaleString("en-US");
const counted = (count, name) => `${big(count)} ${name}${count === 1 ? "" : "s"}`;
const rate = (share, digits = 1) => (100 * share).toFixed(digits) + "%";
const logOf = (logits, id) => {
  const highest = logits.reduce((a, b) => Math.max(a, b));
  return logits[id] - highest - Math.log(logits.reduce((sum, x) => sum + Math.exp(x - highest), 0));
};

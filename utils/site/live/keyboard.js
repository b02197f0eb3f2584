// The keyboard's other side: utils/widgets/keyboard.py once more.

BACKS.keyboard = (back, state, { params, config, tokenizer }) => {
  let ids = [],
    offered = [];
  const from = config.eos_token_id === null ? 0 : 1,
    written = () => tokenizer.decode(ids.slice(from)),
    nothing = (said) => {
      offered = [];
      back.give({ widths: [], offers: [], sofar: "", said });
    };
  const offer = () => {
    if (ids.length > config.n_positions)
      return nothing(`The context is full: the model reads ${config.n_positions} tokens, no more.`);
    const { logits } = gpt2.trace(params, config, ids),
      p = gpt2.probabilities(logits.at(-1)),
      name = (id) => visible(tokenizer.tokens[id]);
    offered = gpt2.likeliest(p).slice(0, 10);
    const logs = ids.slice(1).map((id, t) => logOf(logits[t], id));
    back.give({
      said: "",
      sofar: logs.length ? soFar(logs, name(ids.at(-1))) : "",
      widths: offered.map((id) => Number((100 * p[id]).toFixed(2))),
      offers: offered.map((id) => [name(id), rate(p[id])]),
    });
  };
  const typed = () => {
    if (ids.length && state.text === written()) return; // it was a key that wrote it
    try {
      ids = gpt2.start_of(config, tokenizer, state.text);
      offer();
    } catch (error) {
      ids = [];
      nothing(error.message);
    }
  };
  const put = (news) => {
    ids = news;
    back.give({ text: written() });
    offer();
  };
  back.hear.text = typed;
  back.heard = ({ undo, press }) => {
    if (undo) return ids.length > 1 && put(ids.slice(0, -1));
    if (offered[press] === undefined) return;
    if (offered[press] !== config.eos_token_id) return put([...ids, offered[press]]);
    back.give({
      said: "The end token: here the model would stop. Type on, or take a token back.",
    });
  };
  typed();
};

// How probable a text is: ln of the probability of each token, and the last one's name.
const soFar = (logs, last) => {
  const bits = logs.map((log) => Math.max(0, -log) / Math.LN2),
    whole = bits.reduce((a, b) => a + b, 0),
    sum = logs.reduce((a, b) => a + b, 0);
  return (
    `What is written so far (${counted(bits.length, "token")}) has a probability of ` +
    `${chance(sum)}: a surprise of ${whole.toFixed(1)} bits, ` +
    `${(whole / bits.length).toFixed(1)} a token. The last one, “${last}”: ` +
    `${chance(logs.at(-1))}, ${bits.at(-1).toFixed(1)} bits.`
  );
};
const chance = (log) => {
  if (log > Math.log(1e-4)) return rate(Math.exp(log), 2);
  if (log > Math.log(1e-9)) return `1 in ${big(Math.round(Number(Math.exp(-log).toPrecision(3))))}`;
  const power = String(Math.round(-log / Math.LN10));
  return "about 1 in 10" + Array.from(power, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("");
};

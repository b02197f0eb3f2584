// Every explorer of a page comes alive: the model is fetched from the disk, the picture goes.
// `explorers` holds the notebooks' own by name; `byhand` is what the fetched files set.

const unpacked = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

const load = (file) =>
  new Promise((done, fail) => {
    const script = document.createElement("script");
    Object.assign(script, { src: HERE + file, onload: done, onerror: fail });
    document.head.append(script);
  });

// Two attention explorers that show the same layer, head and, where both have it, word.
const couple = (one, other) => {
  for (const name of ["layer", "head", "lines", "scale", "word"])
    one.model.on("change:" + name, () => {
      const value = one.model.get(name),
        words = (side) => side.model.get("words").length;
      if (other.model.get(name) === value) return;
      if (name !== "word" || words(one) === words(other)) other.back.give({ [name]: value });
    });
};

const start = async (node, bundled) => {
  const { explorer: name, states } = JSON.parse(node.dataset.live),
    box = document.createElement("div"),
    sides = [];
  for (const given of states) {
    const { file, config, vocabulary } = bundled,
      state = name === "flow" ? { ...given, file, config, vocabulary, ...fromAddress() } : given,
      { model, back } = localModel(state);
    await BACKS[name](back, state, bundled);
    sides.push({ model, back });
  }
  node.querySelector(".byhand-still").replaceWith(box); // the picture stood there till now
  for (const { model } of sides) explorers[name].render({ model, el: box });
  if (sides.length === 2) {
    couple(sides[0], sides[1]);
    couple(sides[1], sides[0]);
  }
};

// …#step=h.3.scores&head=2&token=43 opens the explorer there.
const fromAddress = () => {
  const said = new URLSearchParams(location.hash.slice(1)),
    state = {};
  for (const name of ["step", "text"]) if (said.has(name)) state[name] = said.get(name);
  for (const name of ["head", "token"])
    if (/^\d+$/.test(said.get(name) ?? "")) state[name] = Number(said.get(name));
  return state;
};

const HERE = document.currentScript.src.replace(/[^/]*$/, "");
const startAll = async () => {
  const nodes = [...document.querySelectorAll(".byhand-live")];
  if (!nodes.length) return;
  await load("bundled.js");
  if (nodes.some((node) => node.dataset.live.includes('"gpt2"'))) await load("gpt2_vocabulary.js");
  const file = new DataView(unpacked(byhand.file).buffer),
    { config, vocabulary } = byhand;
  const bundled = {
    ...{ file, config, vocabulary, params: safetensors.read(file.buffer) },
    tokenizer: new bpe.Tokenizer(...vocabulary),
  };
  for (const node of nodes) await start(node, bundled);
};
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", startAll);
else startAll();

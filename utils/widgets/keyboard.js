function render({ model, el }) {
  const root = frame(el, "keyview", "next-token keyboard");
  const work = working(model);
  const input = make("textarea", { rows: 3, maxlength: 4000, spellcheck: "false" });
  const help = make(
    "div",
    { class: "byhand-help" },
    "Type, or click a suggestion. Tab reaches the suggestions, the arrow keys go from one to the next.",
  );
  const keys = make("div", { class: "keyview-keys", role: "group", "aria-label": "suggestions" });
  const undo = make("button", { type: "button" }, "take the last token back");
  const said = make("div", { class: "keyview-said", role: "status", "aria-live": "polite" });
  root.append(...labelled("your text", input), help, keys, undo, work.sign, said);
  const tell = (message) => {
    model.send(message);
    work.ask({});
  };
  undo.addEventListener("click", () => tell({ undo: true }));
  const draw = () => {
    const at = [...keys.children].indexOf(keys.getRootNode().activeElement);
    keys.replaceChildren(
      ...model.get("offers").map(([text, share], i) => {
        const key = make("button", {
          type: "button",
          tabindex: i === Math.max(at, 0) ? 0 : -1,
          "aria-label": text + ", " + share,
        });
        const bar = make("span", { class: "keyview-bar", "aria-hidden": "true" });
        bar.style.width = model.get("widths")[i] + "%";
        key.append(make("code", {}, text), make("small", {}, share), bar);
        key.addEventListener("click", () => tell({ press: i }));
        return key;
      }),
    );
    if (at >= 0 && keys.children.length)
      keys.children[Math.min(at, keys.children.length - 1)].focus();
    said.textContent = model.get("said");
    if (input.value !== model.get("text")) input.value = model.get("text");
  };
  walk(keys);
  let typing = false;
  const sendText = debounced(200, () => {
    typing = false;
    work.ask({ text: input.value });
  });
  input.addEventListener("input", () => {
    typing = true;
    sendText();
  });
  const off = listen(model, ["offers", "text", "said"], () => {
    if (!typing) draw();
  }); // not over what is being typed
  draw();
  return () => {
    work.off();
    off();
  };
}
export default { render };

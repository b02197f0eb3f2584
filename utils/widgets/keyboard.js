export default explorer("keyview", "next-token keyboard", (model, ui) => {
  const tell = (message) => {
    model.send(message);
    ui.ask({});
  };
  const box = ui.typed(make("textarea", { rows: 3, spellcheck: "false" }), 200, (text) =>
    ui.ask({ text }),
  );
  const sofar = make("div", { class: "byhand-said keyview-sofar", role: "status" });
  const help = make(
    "div",
    { class: "byhand-help" },
    "Type, or click a suggestion. Tab reaches the suggestions, the arrow keys go from one " +
      "to the next.",
  );
  const keys = make("div", { class: "keyview-keys", role: "group", "aria-label": "suggestions" });
  const undo = make("button", { type: "button" }, "take the last token back");
  const said = make("div", { class: "keyview-said", role: "status", "aria-live": "polite" });
  undo.addEventListener("click", () => tell({ undo: true }));
  walk(keys);
  ui.root.append(...labelled("your text", box), sofar, help, keys, undo, ui.sign, said);
  ui.asks(box, undo);

  const key = ([text, share], i) => {
    const button = make("button", {
      type: "button",
      "data-asks": "",
      "aria-label": text + ", " + share,
      title: text, // a narrow key cuts it
    });
    const bar = make("span", { class: "keyview-bar", "aria-hidden": "true" });
    bar.style.width = model.get("widths")[i] + "%";
    button.append(make("code", {}, text), make("small", {}, share), bar);
    button.addEventListener("click", () => tell({ press: i }));
    return button;
  };
  const draw = () => {
    if (ui.typing()) return; // the answer to what is being typed comes soon
    const at = [...keys.children].indexOf(keys.getRootNode().activeElement);
    keys.replaceChildren(...model.get("offers").map(key));
    const next = keys.children[Math.min(Math.max(at, 0), keys.children.length - 1)];
    stop([...keys.children], next);
    if (at >= 0) next?.focus();
    said.textContent = model.get("said");
    sofar.textContent = model.get("sofar");
  };
  ui.on(["offers", "text", "said", "sofar"], draw);
  draw();
});

function render({ model, el }) {
  const root = frame(el, "tokview", "tokenizer");
  const work = working(model);
  const input = make("textarea", { rows: 2, maxlength: model.get("most"), spellcheck: "false" });
  const help = make(
    "div",
    { class: "byhand-help" },
    "Point at a token, or reach the first one with Tab and go on with the arrow keys.",
  );
  const said = make("div", {
    class: "byhand-said tokview-said",
    role: "status",
    "aria-live": "polite",
  });
  const rows = make("div");
  root.append(...labelled("Type a text:", input), work.sign, help, said, rows);
  input.value = model.get("text");

  const speak = (button, detail) => {
    root.querySelectorAll(".tokview-on").forEach((b) => b.classList.remove("tokview-on"));
    button.classList.add("tokview-on");
    said.textContent = detail;
  };
  const draw = () => {
    rows.replaceChildren();
    said.textContent = model.get("problem");
    for (const row of model.get("rows")) {
      const section = make("section", { "aria-label": row.name });
      const group = make("div", {
        class: "tokview-row",
        role: "group",
        dir: "ltr",
        "aria-label": row.name + ": " + row.summary,
      });
      const title = make("div", { class: "tokview-title" });
      title.append(make("b", {}, row.name), " " + row.summary);
      row.tokens.forEach(([text, number, detail], i) => {
        const button = make("button", {
          type: "button",
          class: "tokview-t" + (i % 4),
          tabindex: i ? -1 : 0,
          "aria-label": detail,
        });
        button.append(make("code", {}, text), make("small", {}, number));
        button.addEventListener("mouseenter", () => speak(button, detail));
        button.addEventListener("focus", () => speak(button, detail));
        group.append(button);
      });
      walk(group);
      section.append(title, group);
      rows.append(section);
    }
  };
  input.addEventListener(
    "input",
    debounced(120, () => work.ask({ text: input.value })),
  );
  const offs = [
    listen(model, ["rows"], draw),
    listen(model, ["text"], () => {
      if (input.value !== model.get("text")) input.value = model.get("text");
    }),
  ];
  draw();
  return () => {
    work.off();
    offs.forEach((off) => off());
  };
}
export default { render };

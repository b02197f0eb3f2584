export default explorer("tokview", "tokenizer", (model, ui) => {
  const box = ui.typed(make("textarea", { rows: 3, spellcheck: "false" }), 150, (text) =>
    ui.ask({ text }),
  );
  const help = make(
    "div",
    { class: "byhand-help" },
    "Point at a token, or reach the first one with Tab and go on with the arrow keys: " +
      "it tells how it was made, and the same token lights up wherever it stands.",
  );
  const problem = make("div", { class: "tokview-problem", role: "status" });
  const said = make("div", {
    class: "byhand-said tokview-detail",
    role: "status",
    "aria-live": "polite",
  });
  const rows = make("div");
  ui.root.append(...labelled("Type a text:", box), ui.sign, problem, help, said, rows);
  ui.asks(box);

  const tell = (group, button, number, detail) => {
    rows.querySelectorAll("button").forEach((b) => {
      b.classList.toggle("tokview-on", b === button);
      b.classList.toggle("tokview-same", b.parentElement === group && b.dataset.id === number);
    });
    const times = group.querySelectorAll(".tokview-same").length;
    said.textContent = detail + (times > 1 ? `; it stands here ${times} times` : "");
  };
  const row = ({ name, summary, tokens, more }) => {
    const section = make("section", { "aria-label": name });
    const title = make("div", { class: "tokview-title" });
    title.append(make("b", {}, name), " " + summary);
    const group = make("div", {
      class: "tokview-row",
      role: "group",
      dir: "ltr",
      "aria-label": name + ": " + summary,
    });
    group.append(
      ...tokens.map(([text, number, detail], i) => {
        const button = make("button", {
          type: "button",
          class: "tokview-t" + (i % 4),
          "data-id": number,
          "aria-label": detail,
        });
        button.append(make("code", {}, text), make("small", {}, number));
        for (const event of ["mouseenter", "focus"])
          button.addEventListener(event, () => tell(group, button, number, detail));
        return button;
      }),
    );
    stop([...group.children], group.firstChild);
    walk(group);
    section.append(title, group, make("div", { class: "byhand-help" }, more));
    return section;
  };
  const draw = () => {
    rows.replaceChildren(...model.get("rows").map(row));
    problem.textContent = model.get("problem");
    said.textContent = "";
  };
  ui.on(["rows", "problem"], draw);
  draw();
});

// The opened step's numbers in Python: the course's own modules give the same ones.

const inPython = (page) => {
  const all = make("details", { class: "in-python" }),
    copy = make("button", { type: "button" }, "Copy"),
    code = make("pre", { tabindex: 0, "aria-label": "Python" }),
    said = make("span", { role: "status" });
  page.writePython = () => (code.textContent = pythonOf(page));
  page.writePython();
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      said.textContent = " copied";
    } catch {
      getSelection().selectAllChildren(code);
      said.textContent = " selected: copy it with Ctrl+C";
    }
  });
  all.append(make("summary", {}, "these numbers in Python"), copy, said, code);
  return all;
};

const pythonOf = (page) => {
  const { config, changes, token: t, head, step, ids, words, model } = page,
    { block, key } = place(step),
    { temperature, top_k, top_p } = page.settings(),
    h = `h.${block}.`,
    silenced = changes.filter(({ kind }) => kind === "silence");
  const values = {
    // these three utils.trace does not keep
    masked: `seen["${h}scores"].masked_fill(torch.ones(T, T).triu(1) > 0, -torch.inf)`,
    merged: `seen["${h}heads"].transpose(0, 1).flatten(1)`,
    c_fc: `gpt2.linear(params, "${h}mlp.c_fc", seen["${h}ln_2"])`,
    q: `torch.stack([seen["${h}" + name] for name in "qkv"], dim=1)  # by head: q, k, v`,
    next:
      `sampling.probabilities(seen["logits"][${t}], temperature=${temperature}, ` +
      `top_k=${top_k ?? "None"}, top_p=${top_p})`,
  };
  const perHead = HEADED.includes(key) && key !== "merged",
    at = perHead ? (TABLES.includes(key) ? `[${head}, ${t}]` : `[..., ${t}, :]`) : `[${t}]`,
    modules = ["checkpoint", "gpt2", "sampling"].filter(
      (name) => values[key]?.includes(name) || (name === "checkpoint" && !model.get("kernel")),
    );
  return [
    "import torch",
    "",
    ...(modules.length ? [`from utils import ${modules.join(", ")}`] : []),
    "from utils.trace import trace",
    "",
    model.get("kernel")
      ? "# params and config: those that the explorer was given"
      : 'params, config, tokenizer = checkpoint.load("bundled")',
    `# ${words.join(" ")}`,
    `ids = torch.tensor([${exchanged(ids, changes).join(", ")}])`,
    "T = len(ids)",
    ...silenced.map((one, n) => {
      const zeros = `torch.zeros(T, ${config.n_embd / config.n_head})`;
      return `${n ? "silent" : "silent = {}\nsilent"}[${one.block}, ${one.head}] = ${zeros}`;
    }),
    `seen = trace(params, config, ids${silenced.length ? ", silent" : ""})`,
    ...(changes.some(({ kind }) => kind === "number")
      ? ["# numbers that were set by hand are not set here"]
      : []),
    ...(page.own.any() ? ["# these are the model's own steps, not your functions"] : []),
    "",
    `# the exercise: ${stepOf(step).line}`,
    `value = ${values[key] ?? `seen["${step}"]`}`,
    `print(value${key === "next" ? "" : at})`,
  ].join("\n");
};

// What comes next: bars for the likeliest tokens, before and now; the dials; and writing on.

const DIALS = [
  ["temperature", 0, 3, 0.05, (v) => v.toFixed(2)],
  ["top_k", 1, 60, 1, (v) => (v >= 60 ? "all" : String(v))],
  ["top_p", 0, 1, 0.01, (v) => v.toFixed(2)],
];

const dialsOf = (page) => {
  const all = make("div", { class: "dials" }),
    tells = [];
  for (const [name, min, max, step, show] of DIALS) {
    const slider = make("input", { type: "range", min, max, step }),
      shown = make("output");
    const tell = () => {
      slider.value = page.model.get(name);
      shown.textContent = show(page.model.get(name));
      slider.setAttribute("aria-valuetext", shown.textContent);
    };
    slider.addEventListener("input", () => page.ui.set({ [name]: Number(slider.value) }));
    tells.push(tell);
    all.append(...labelled(name.replace("_", "-"), slider), shown);
  }
  const tellAll = () => tells.forEach((tell) => tell());
  page.ui.on(
    DIALS.map(([name]) => name),
    tellAll,
  );
  tellAll();
  return all;
};

const nextBars = (page) => {
  const { token: t, before, now, seen } = page;
  if (seen.logits[t].some(Number.isNaN))
    return make("p", {}, "The logits are not numbers: nothing can come next.");
  const p = page.rowOf(seen, "next", t),
    was = now ? page.rowOf(before, "next", t) : null,
    plain = gpt2.softmax(seen.logits[t]),
    ids = [
      ...new Set([
        ...gpt2.likeliest(plain).slice(0, 6),
        ...(was ? gpt2.likeliest(was).slice(0, 2) : []),
      ]),
    ];
  const list = make("div", {
    class: "bars",
    role: "list",
    "aria-label": "the likeliest next tokens",
  });
  for (const id of ids) {
    const row = make("div", { class: "bar-row", role: "listitem" }),
      said = p[id] ? share(p[id]) : "dropped",
      name = make("button", { type: "button", title: "see what made it" }, page.name(id));
    name.addEventListener("click", () => {
      if (page.step === "next") page.pick("next", t, id);
      else page.go({ step: "next", pick: ["next", t, id] });
    });
    name.addEventListener("focus", () => page.look("next", t, id));
    row.addEventListener("mouseenter", () => page.look("next", t, id));
    row.dataset.id = id;
    row.append(name, shareBar(p[id], was?.[id]), make("span", {}, said));
    if (was && Math.abs(was[id] - p[id]) > 0.0005)
      row.append(make("small", {}, `was ${share(was[id])}`));
    list.append(row);
  }
  page.grids.set("next", (i) => {
    for (const row of page.root.querySelectorAll(".bar-row"))
      row.classList.toggle("chosen", Number(row.dataset.id) === i);
  });
  return list;
};

// The likeliest next token, behind the dials: its name and its share.
const likeliest = (page) => {
  if (page.seen.logits[page.token].some(Number.isNaN)) return ["?", "not a number"];
  const p = page.rowOf(page.seen, "next", page.token),
    id = gpt2.likeliest(p)[0];
  return [page.name(id), share(p[id])];
};

// Logits tell small changes that percentages hide: how far the favourite leads.
const lead = (page) => {
  const { token: t, before, now } = page,
    [a, b] = gpt2.likeliest(before.logits[t]),
    rival = now && gpt2.likeliest(now.logits[t])[0] !== a ? gpt2.likeliest(now.logits[t])[0] : b,
    gap = (seen) => seen.logits[t][a] - seen.logits[t][rival],
    times = (x) =>
      Math.exp(Math.abs(x)) < 10
        ? Math.exp(Math.abs(x)).toFixed(1)
        : Math.round(Math.exp(Math.abs(x))).toLocaleString("en");
  const { temperature, top_k, top_p } = page.settings(),
    before_dials = temperature === 1 && top_k === null && top_p === 1 ? "" : " before the dials";
  const said = (x) =>
    `${digits(x)} (${page.name(x < 0 ? rival : a)} is ${times(x)} times as likely${before_dials})`;
  const text = `logit of ${page.name(a)} − logit of ${page.name(rival)}: ${said(gap(page.seen))}`;
  return now ? `${text}; before the changes ${said(gap(before))}` : text;
};

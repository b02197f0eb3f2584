// Numbers that belong to words: a head's scores or shares, and the largest logits.

// A button for each word, with its number and a bar. say: in words, for those who do not see it.
// arcs: shares, for curves from the last word that has one.
const wordRow = (page, name, label, entries, arcs) => {
  const t = page.token,
    line = make("div", { class: "words", role: "group", "aria-label": label });
  for (const { i, word, text, reach, was, classes = "" } of entries) {
    const button = make("button", {
      ...{ type: "button", class: classes, "aria-label": page.numberIn(name, t, i) },
    });
    const level = make("span", { class: "level", "aria-hidden": "true" });
    level.style.setProperty("--reach", Math.abs(reach));
    level.classList.toggle("negative", reach < 0);
    button.append(make("span", { class: "word" }, word), level, make("small", {}, text));
    if (was) button.append(make("small", { class: "was" }, was));
    button.addEventListener("mouseenter", () => page.look(name, t, i));
    button.addEventListener("focus", () => page.look(name, t, i));
    button.addEventListener("click", () => page.pick(name, t, i));
    line.append(button);
  }
  walk(line);
  const all = [...line.children];
  stop(all, all[0]);
  if (arcs) {
    line.classList.add("with-arcs");
    const draw = arcsOver(line);
    page.arcs = () => draw(all, arcs);
  }
  page.grids.set(name, (i) => {
    const at = entries.findIndex((entry) => entry.i === i);
    all.forEach((button, n) => button.classList.toggle("chosen", n === at));
    if (at < 0) return; // Tab comes back to where it was
    stop(all, all[at]);
    intoSight(line, all[at]);
  });
  return line;
};

const likeliestOf = (page) => {
  const logits = page.seen.logits[page.token],
    best = gpt2.likeliest(logits).slice(0, 24),
    most = largest([best.map((id) => logits[id])]);
  const all = make("div");
  all.append(
    make("p", {}, `The ${best.length} largest of ${logits.length.toLocaleString("en")} logits:`),
    wordRow(
      page,
      "logits",
      "the largest logits",
      best.map((id) => ({
        ...{ i: id, word: page.name(id), text: digits(logits[id]), reach: logits[id] / most },
      })),
    ),
  );
  return all;
};

// Scores or shares of one head: a tab for each head, the chosen token's row, all rows in small.
const attentionOf = (page, name) => {
  const { seen, words, token: t, head } = page,
    { key, block } = place(name),
    S = seen[name][t].length / page.config.n_head,
    text = key === "attention" ? share : digits;
  const cell = (u, s, rows = seen) => {
    const width = rows[name][u].length / page.config.n_head;
    return s < width ? rows[name][u][head * width + s] : undefined;
  };
  const row = words.slice(0, S).map((_, s) => cell(t, s)),
    finite = row.filter((n) => Number.isFinite(n)),
    most = key === "attention" ? 1 : largest([finite]);
  const entries = row.map((value, s) => {
    const was = page.now ? cell(t, s, page.before) : value;
    return {
      ...{ i: head * S + s, word: words[s], text: text(value) },
      reach: page.scale(Number.isFinite(value) ? value / (most || 1) : 0),
      was: Math.abs(was - value) > 0.005 ? `was ${text(was)}` : "",
      classes: (s > t ? "later " : "") + (s < page.kept ? "kept" : ""),
    };
  });
  const title = make("div", { class: "part role-score" });
  title.append(
    make("b", {}, `head ${head}`),
    `: ${words[t]} asks, each word answers `,
    silence(page, block, head),
  );
  const label = `row of ${words[t]}, head ${head}`,
    arcs = key === "attention" && !page.narrow ? row.slice(0, t + 1) : undefined;
  return [
    tabsOf(page, block),
    title,
    rooted(page),
    wordRow(page, name, label, entries, arcs),
    mapOf(page, name, cell),
    numbers(page, name),
  ];
};

const tabsOf = (page, block) => {
  const { seen, words, token: t } = page,
    { n_head } = page.config,
    shares = seen[`h.${block}.attention`],
    tabs = make("div", { class: "tabs", role: "group", "aria-label": "heads" });
  const of = (u, head) => {
    const S = shares[u].length / n_head;
    return shares[u].slice(head * S, (head + 1) * S);
  };
  for (let head = 0; head < n_head; head++) {
    const part = of(t, head),
      best = part.indexOf(Math.max(...part)),
      canvas = make("canvas", { "aria-hidden": "true" });
    const small = words.map((_, u) => of(u, head));
    map(canvas, words.length, (u, s) => (s > u ? undefined : small[u][s]), 1, 0, page);
    const tab = make("button", { type: "button", "aria-pressed": head === page.head });
    tab.append(
      canvas,
      make("span", {}, `head ${head}`),
      make("small", {}, `${words[best]} ${share(part[best])}`),
    );
    tab.addEventListener("click", () => page.go({ head }));
    tabs.append(tab);
  }
  walk(tabs);
  stop([...tabs.children], tabs.children[page.head]);
  return tabs;
};

// The rows of all tokens: a click chooses a row and a column.
const mapOf = (page, name, cell) => {
  const { words, token: t, head } = page,
    { key } = place(name),
    T = words.length,
    hides = (u, s) => key !== "scores" && s > u,
    all = words.flatMap((_, u) => words.map((_, s) => (hides(u, s) ? undefined : cell(u, s)))),
    finite = all.filter((n) => Number.isFinite(n)),
    [least, most] = key === "attention" ? [0, 1] : [Math.min(...finite), Math.max(...finite)];
  const canvas = make("canvas", {
    ...{ class: "map", role: "img", "aria-label": `the rows of all tokens in head ${head}` },
  });
  map(canvas, T, (u, s) => all[u * T + s], most, least, page);
  const at = (event) => {
    const { left, top, width, height } = canvas.getBoundingClientRect(),
      to = (part) => Math.max(0, Math.min(T - 1, Math.floor(part * T)));
    return [to((event.clientY - top) / height), to((event.clientX - left) / width)];
  };
  canvas.addEventListener("mousemove", (event) => {
    const [u, s] = at(event);
    canvas.title = `${words[u]} asks, ${words[s]} answers: ${digits(cell(u, s))}`;
  });
  canvas.addEventListener("click", (event) => {
    const [u, s] = at(event),
      S = page.seen[name][u].length / page.config.n_head;
    if (s < S) page.go({ token: u, pick: [name, u, head * S + s] });
  });
  const mark = make("span", { class: "mapmark", "aria-hidden": "true" }),
    box = make("div", { class: "mapbox" }),
    figure = make("div", { class: "map-with-axes" });
  mark.style.top = (100 * t) / T + "%";
  mark.style.height = 100 / T + "%";
  box.append(canvas, mark);
  const legend =
    `empty ${digits(least)}, full ${digits(most)}` + (page.rooted ? ", by the square root" : "");
  figure.append(
    make("small", {}, "column answers (key)"),
    make("small", { class: "axis-row" }, "row asks (query)"),
    box,
    make("small", {}, legend + (key === "scores" ? "" : "; what comes later is hidden")),
  );
  return figure;
};

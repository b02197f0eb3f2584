// Numbers as bars and tints. A bar goes up from the middle where its number is above 0, and down
// where it is below; the colour says only what the number is part of: a query, a key, a value, …

const digits = (n) => {
  if (n === undefined || Number.isNaN(n)) return "not a number";
  if (!Number.isFinite(n)) return n < 0 ? "−∞" : "∞";
  const a = Math.abs(n),
    text = a !== 0 && a < 0.001 ? n.toExponential(1) : n.toFixed(a < 10 ? 3 : 2);
  return text.replaceAll("-", "−");
};
const share = (p) => (100 * p).toFixed(p > 0.9995 || p < 0.0005 ? 0 : 1) + "\u00a0%";
const largest = (rows) =>
  rows.reduce(
    (most, row) =>
      row.reduce((a, b) => (Math.abs(b) > a && Number.isFinite(b) ? Math.abs(b) : a), most),
    0,
  );

const colourOf = (role, root) =>
  getComputedStyle(root)
    .getPropertyValue("--" + role)
    .trim();

// Rows of bars on one canvas: values in rows of `columns`; `before`, where it differs, as a line.
const bars = (
  canvas,
  values,
  columns,
  { role, root, scale, most = largest([values]), before, high = 24 },
) => {
  const wide = 8,
    rows = Math.ceil(values.length / columns);
  canvas.width = columns * wide;
  canvas.height = rows * high;
  const brush = canvas.getContext("2d"),
    ink = colourOf("ink", root),
    middle = high / 2;
  const reach = (value) =>
    scale(Math.max(-1, Math.min(1, value / (most || 1))) || 0) * (middle - 1);
  for (let i = 0; i < values.length; i++) {
    const x = (i % columns) * wide,
      y = Math.floor(i / columns) * high + middle,
      up = reach(values[i]);
    brush.fillStyle = colourOf(role, root);
    brush.fillRect(x + 1, Math.min(y, y - up), wide - 2, Math.max(Math.abs(up), 1));
    if (before && Math.abs(before[i] - values[i]) > 0.01 * (most || 1)) {
      brush.fillStyle = ink;
      brush.fillRect(x, y - reach(before[i]) - 1, wide, 2);
    }
  }
  return canvas;
};

// A row of a stack: all numbers of a vector in one line of bars.
const strip = (values, options) =>
  bars(make("canvas", { class: "strip", "aria-hidden": "true" }), values, values.length, options);

// Numbers in rows of `columns` that are chosen one by one, with the mouse or the arrow keys.
// names: what stands before each row; say(i): the number in words; look(i) is called while one is
// looked at, pick(i) when it is clicked or Enter is pressed; tell(text) of a number that a key went
// to, for those who hear the page.
const grid = (values, columns, { names, say, look, pick, tell, label, ...options }) => {
  const rows = Math.ceil(values.length / columns),
    canvas = make("canvas", { "aria-hidden": "true" }),
    mark = make("span", { class: "mark", "aria-hidden": "true" }),
    cell = make("span", { role: "gridcell", class: "unseen" }),
    line = make("div", { role: "row" }),
    box = make("div", {
      ...{ class: "cells", role: "grid", tabindex: 0, "aria-label": label },
      ...{ "aria-rowcount": rows, "aria-colcount": columns },
    });
  bars(canvas, values, columns, options);
  canvas.style.aspectRatio = `${columns * 10} / ${rows * (rows > 8 ? 15 : 24)}`;
  line.append(cell);
  box.append(canvas, mark, line);
  let at = 0;
  const go = (to, act) => {
    at = Math.max(0, Math.min(values.length - 1, to));
    box.show(at);
    act(at);
  };
  box.show = (i) => {
    mark.hidden = i === null;
    if (i === null) return;
    at = i;
    const [row, column] = [Math.floor(i / columns), i % columns];
    mark.style.left = (100 * column) / columns + "%";
    mark.style.top = (100 * row) / rows + "%";
    mark.style.width = 100 / columns + "%";
    mark.style.height = 100 / rows + "%";
    mark.dataset.digits = digits(values[i]);
    mark.classList.toggle("below", row === 0);
    mark.classList.toggle("left", column > columns / 2);
    cell.setAttribute("aria-rowindex", row + 1);
    cell.setAttribute("aria-colindex", column + 1);
    cell.textContent = say(i);
  };
  const under = (event) => {
    const { left, top, width, height } = canvas.getBoundingClientRect(),
      within = (part, count) => Math.max(0, Math.min(count - 1, Math.floor(part * count)));
    return (
      within((event.clientY - top) / height, rows) * columns +
      within((event.clientX - left) / width, columns)
    );
  };
  box.addEventListener("mousemove", (event) => under(event) !== at && go(under(event), look));
  box.addEventListener("click", (event) => go(under(event), pick));
  box.addEventListener("focus", () => go(at, look));
  box.addEventListener("keydown", (event) => {
    const to = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (to !== undefined && at + to >= 0 && at + to < values.length) go(at + to, look);
    else if (event.key === "Home") go(at - (at % columns), look);
    else if (event.key === "End") go(at - (at % columns) + columns - 1, look);
    else if (event.key === "Enter" || event.key === " ") go(at, pick);
    else if (to === undefined) return;
    tell(say(at));
    event.preventDefault();
  });
  box.show(null);
  const all = make("div", { class: "grid" }),
    side = make("div", { class: "side", "aria-hidden": "true" });
  side.append(...names.map((name) => make("small", {}, name)));
  all.append(side, box);
  all.show = box.show;
  all.focus = () => box.focus();
  return all;
};

// Every query's row of one head: tint for how much; hidden places stay empty.
const map = (canvas, T, value, most, least, { root, scale }) => {
  const size = 4;
  canvas.width = canvas.height = T * size;
  const brush = canvas.getContext("2d");
  brush.fillStyle = colourOf("score", root);
  for (let t = 0; t < T; t++)
    for (let s = 0; s < T; s++) {
      const n = value(t, s);
      if (n === undefined || !Number.isFinite(n)) continue;
      brush.globalAlpha = scale(Math.max(0, Math.min(1, (n - least) / (most - least || 1))));
      brush.fillRect(s * size, t * size, size, size);
    }
  brush.globalAlpha = 1;
  return canvas;
};

// A bar for a share from 0 to 1, with a line where it was before.
const shareBar = (now, before) => {
  const track = make("span", { class: "track", "aria-hidden": "true" }),
    bar = make("span", { class: "bar" });
  bar.style.width = 100 * now + "%";
  track.append(bar);
  if (before !== undefined && Math.abs(before - now) > 0.0005) {
    const was = make("span", { class: "was" });
    was.style.left = 100 * before + "%";
    track.append(was);
  }
  return track;
};

// Scrolls a box, and nothing around it, until a part of it is in sight.
const intoSight = (box, part) => {
  const [outer, inner] = [box.getBoundingClientRect(), part.getBoundingClientRect()];
  for (const [from, to, scroll] of [
    ["top", "bottom", "scrollTop"],
    ["left", "right", "scrollLeft"],
  ]) {
    if (inner[from] < outer[from]) box[scroll] += inner[from] - outer[from];
    else if (inner[to] > outer[to]) box[scroll] += inner[to] - outer[to];
  }
};

// Calls action when the page turns light or dark: canvases do not follow by themselves.
const onTheme = (host, ui, action) => {
  const dark = () => {
    const [r, g, b] = (getComputedStyle(host).color.match(/[\d.]+/g) ?? [0, 0, 0]).map(Number);
    return 0.3 * r + 0.59 * g + 0.11 * b > 128; // text is light where the page is dark
  };
  let was = dark();
  const look = () => {
    if (dark() === was) return;
    was = dark();
    action(was);
  };
  const watch = new MutationObserver(() => setTimeout(look, 50));
  for (const node of [document.documentElement, document.body])
    watch.observe(node, { attributes: true });
  const media = matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", look);
  ui.atEnd(() => {
    watch.disconnect();
    media.removeEventListener("change", look);
  });
  action(was);
  return look;
};

// What the explorers share. Text is set as text, never as HTML: the words are the user's.

const make = (tag, attributes = {}, text) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  // JupyterLab and Notebook have their own use for keys. They ask the focused node itself whether they may.
  if (/^(button|input|select|textarea)$/.test(tag) || "tabindex" in attributes)
    node.dataset.lmSuppressShortcuts = "true";
  return node;
};

// The frame of an explorer. Keys that are pressed in here go no further.
const frame = (el, name, label) => {
  const root = make("div", { class: "byhand " + name, role: "group", "aria-label": label });
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);
  return root;
};

let made = 0;
const labelled = (name, node) => {
  node.id = "byhand-" + Math.random().toString(36).slice(2) + made++;
  return [make("label", { for: node.id }, name), node];
};

// A menu bound to a whole number of the model: "layer 0", "layer 1", …
const menu = (model, name, count) => {
  const select = make("select");
  for (let i = 0; i < count; i++) select.append(make("option", { value: i }, name + " " + i));
  select.addEventListener("change", () => {
    model.set(name, Number(select.value));
    model.save_changes();
  });
  return select;
};

// The arrow keys go from button to button (up and down by a whole row, where there are columns); Tab passes all of them in one stop.
const walk = (group, columns = 0) => {
  group.addEventListener("keydown", (event) => {
    const all = [...group.querySelectorAll("button")],
      at = all.indexOf(group.getRootNode().activeElement);
    const to = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      ArrowDown: at + columns,
      ArrowUp: at - columns,
      Home: 0,
      End: all.length - 1,
    }[event.key];
    if (at < 0 || to === undefined || (!columns && /Up|Down/.test(event.key))) return;
    event.preventDefault();
    if (columns && (to < 0 || to >= all.length)) return;
    const next = all[Math.min(Math.max(to, 0), all.length - 1)];
    all.forEach((button) => (button.tabIndex = button === next ? 0 : -1));
    next.focus();
  });
};

// A sign that says when the kernel is at work on what was asked: it needs the traits of `Asked`.
const working = (model) => {
  const sign = make("span", { class: "byhand-working", role: "status" });
  let timer;
  const look = () => {
    clearTimeout(timer);
    if (model.get("answered") === model.get("asked")) sign.textContent = "";
    else timer = setTimeout(() => (sign.textContent = "working …"), 150); // a quick answer needs no sign
  };
  const ask = (changes) => {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    model.set("asked", model.get("asked") + 1);
    model.save_changes();
    look();
  };
  model.on("change:answered", look);
  return {
    sign,
    ask,
    off: () => {
      clearTimeout(timer);
      model.off("change:answered", look);
    },
  };
};

// Something done a moment after the last of many calls.
const debounced = (wait, action) => {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, wait);
  };
};

// Listens to traits until the returned function is called. However many change together, it is called once.
const listen = (model, names, action) => {
  let due = false;
  const soon = () => {
    if (due) return;
    due = true;
    queueMicrotask(() => {
      due = false;
      action();
    });
  };
  const events = names.map((name) => "change:" + name);
  events.forEach((event) => model.on(event, soon));
  return () => events.forEach((event) => model.off(event, soon));
};

// The float32 numbers of a trait of bytes.
const floats = (model, name) => {
  const view = model.get(name);
  return new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
};

// Orange below 0, white at 0, purple above: PuOr, as in the figures.
const signed = (value, most) => {
  const part = Math.max(-1, Math.min(1, value / (most || 1)));
  const [r, g, b] = part < 0 ? [224, 130, 20] : [105, 70, 160],
    at = Math.abs(part);
  return [255 + (r - 255) * at, 255 + (g - 255) * at, 255 + (b - 255) * at].map(Math.round);
};

// A canvas with a pixel for each number; CSS makes it as large as it should be.
const pixels = (canvas, width, height, colour) => {
  canvas.width = width;
  canvas.height = height;
  const brush = canvas.getContext("2d"),
    image = brush.createImageData(width, height);
  for (let i = 0; i < width * height; i++) image.data.set([...colour(i), 255], 4 * i);
  brush.putImageData(image, 0, 0);
};

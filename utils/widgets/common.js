// The one frame of all explorers, and what they share. `STYLE`, their CSS, is put before this.
// Text is set as text, never as HTML: the words are the user's.

const make = (tag, attributes = {}, text) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
};

// ---------------------------------------------------------------- the frame

const SHEET = new CSSStyleSheet();
SHEET.replaceSync(STYLE);

// A shadow root: what a page says of its buttons and tables ends at its edge, and so do our rules.
// Keys that are pressed in here go no further; JupyterLab asks the host whether it may have them.
const frame = (el, name, label) => {
  const host = make("div", { class: "byhand-host", "data-lm-suppress-shortcuts": "true" });
  const shadow = host.attachShadow({ mode: "open" });
  const root = make("div", { class: "byhand " + name, role: "group", "aria-label": label });
  shadow.adoptedStyleSheets = [SHEET];
  root.addEventListener("keydown", (event) => event.stopPropagation());
  shadow.append(root);
  el.append(host);
  return root;
};

// An explorer as anywidget wants it: `build(model, ui)` fills `ui.root`. What `ui` listens to ends
// with the view.
const explorer = (name, label, build) => ({
  render({ model, el }) {
    const ends = [],
      root = frame(el, name, label);
    const ui = {
      root,
      atEnd: (action) => ends.push(action),
      on: (names, action) => ends.push(listen(model, names, action)),
      set: (changes) => {
        const news = Object.entries(changes).filter(([name, value]) => model.get(name) !== value);
        news.forEach(([name, value]) => model.set(name, value));
        if (news.length) model.save_changes();
      },
      // A box for the trait `text`: `send(value)` a moment after the last key, and what the kernel
      // writes stands in it, but not over what is being typed.
      typed: (box, wait, send) => {
        const typing = debounced(wait, () => send(box.value));
        box.value = model.get("text");
        box.addEventListener("input", typing);
        ui.typing = typing.due;
        ui.on(["text"], () => {
          if (!typing.due() && box.value !== model.get("text")) box.value = model.get("text");
        });
        ends.push(typing.stop);
        return box;
      },
      typing: () => false,
      ...kernel(model, el, root, ends),
    };
    build(model, ui);
    return () => ends.forEach((end) => end());
  },
});

// ---------------------------------------------------------------- the kernel

const GONE = "The kernel was restarted or stopped: run this cell again.";
const LATE = "still working … If the kernel was restarted or stopped, run this cell again.";

// What is asked of the kernel by the traits of `Asked`. `sign` says when it is at work. When it is
// gone, that is said and the nodes named by `asks` are switched off.
const kernel = (model, el, root, ends) => {
  const sign = make("span", { class: "byhand-working", role: "status" });
  const asking = [],
    losses = [];
  let soon, late;
  const look = () => {
    clearTimeout(soon);
    clearTimeout(late);
    sign.textContent = "";
    if (model.get("answered") === model.get("asked")) return;
    soon = setTimeout(() => (sign.textContent = "working …"), 150); // a quick answer needs no sign
    late = setTimeout(() => (sign.textContent = LATE), 20000); // not every host tells of a restart
  };
  // ipywidgets marks the view of a model whose kernel is gone by this class.
  const live = () => !el.closest(".jupyter-widgets-disconnected");
  const lost = () => {
    if (live()) return;
    losses.splice(0).forEach((action) => action());
    if (!asking.length) return;
    clearTimeout(soon);
    clearTimeout(late);
    sign.textContent = "";
    asking.forEach((node) => (node.disabled = true));
    root.querySelectorAll("[data-asks]").forEach((node) => (node.disabled = true));
    if (!root.querySelector(".byhand-gone"))
      root.prepend(make("div", { class: "byhand-gone", role: "status" }, GONE));
  };
  const news = () => setTimeout(lost); // after ipywidgets has set its class
  model.on("comm_live_update", news);
  model.on("change:answered", look);
  news();
  ends.push(() => {
    clearTimeout(soon);
    clearTimeout(late);
    model.off("comm_live_update", news);
    model.off("change:answered", look);
  });
  return {
    sign,
    // These nodes are of no use without a kernel. One that is made anew later has `data-asks`.
    asks: (...nodes) => {
      asking.push(...nodes);
      return nodes[0];
    },
    // Called once, when the kernel is gone.
    whenLost: (action) => losses.push(action),
    ask: (changes) => {
      for (const [name, value] of Object.entries(changes)) model.set(name, value);
      model.set("asked", model.get("asked") + 1); // last: its answer comes after the work
      model.save_changes();
      look();
    },
  };
};

// Listens to traits until the returned function is called. However many change together, it is
// called once.
const listen = (model, names, action) => {
  let due = false,
    over = false;
  const soon = () => {
    if (due) return;
    due = true;
    queueMicrotask(() => {
      due = false;
      if (!over) action();
    });
  };
  const events = names.map((name) => "change:" + name);
  events.forEach((event) => model.on(event, soon));
  return () => {
    over = true;
    events.forEach((event) => model.off(event, soon));
  };
};

// Something done a moment after the last of many calls; `due()` says whether it is still to come.
const debounced = (wait, action) => {
  let timer;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      action();
    }, wait);
  };
  later.due = () => timer !== undefined;
  later.stop = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  return later;
};

// ---------------------------------------------------------------- parts

let made = 0;
const labelled = (name, node) => {
  node.id = "byhand-" + made++; // within a shadow root
  return [make("label", { for: node.id }, name), node];
};

// A menu of whole numbers: "layer 0", "layer 1", …; `choose(i)` is called with the chosen one.
const menu = (name, count, choose) => {
  const select = make("select");
  for (let i = 0; i < count; i++) select.append(make("option", { value: i }, name + " " + i));
  select.addEventListener("change", () => choose(Number(select.value)));
  return select;
};

// The arrow keys go from button to button (up and down by a whole row, where there are columns);
// Tab passes all of them in one stop.
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
    stop(all, next);
    next.focus();
  });
};

// Of a group of buttons one is reached with Tab, and may be the pressed one.
const stop = (all, one) => all.forEach((button) => (button.tabIndex = button === one ? 0 : -1));
const press = (all, one) => {
  all.forEach((button) => button.setAttribute("aria-pressed", button === one));
  stop(all, one);
};

// A button that cannot be used now hands the focus on; nobody should have to look for it.
const enable = (button, can, other) => {
  const had = !can && button.getRootNode().activeElement === button;
  button.disabled = !can;
  if (!had) return;
  other.disabled = false;
  other.focus();
};

// ---------------------------------------------------------------- numbers

// The float32 numbers of a trait of bytes.
const floats = (model, name) => {
  const view = model.get(name);
  return new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
};

const percent = (share) => Math.round(100 * share) + " %";

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

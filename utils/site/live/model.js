// Explorers on the site: what the kernel does for them in a notebook is done here by gpt2.js and
// bpe.js, behind the same small interface: traits that change, and messages.

// What the kernel would do for each explorer: BACKS[name](back, state, bundled).
const BACKS = {
  flow: () => {}, // it computes everything itself
};

// A stand-in for the widget's model. back.hear[trait]() is called when the page has set a trait, as
// an observer is in the kernel; back.give sets traits from this side.
const localModel = (state) => {
  const handlers = {},
    set = new Set(),
    call = (event) => [...(handlers[event] ?? [])].forEach((action) => action());
  const back = {
    hear: {},
    heard: () => {},
    give: (values) => {
      Object.assign(state, values);
      Object.keys(values).forEach((name) => call("change:" + name));
    },
  };
  const model = {
    get: (name) => state[name],
    set: (name, value) => {
      if (state[name] === value) return;
      state[name] = value;
      set.add(name);
      call("change:" + name);
    },
    save_changes: () => {
      const names = [...set];
      set.clear();
      names.forEach((name) => back.hear[name]?.());
      if (names.includes("asked")) back.give({ answered: state.asked });
    },
    send: (message) => back.heard(message),
    on: (event, action) => (handlers[event] ??= []).push(action),
    off: (event, action) =>
      (handlers[event] = (handlers[event] ?? []).filter((other) => other !== action)),
  };
  return { model, back };
};

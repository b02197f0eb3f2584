export default explorer("trainview", "the training", (model, ui) => {
  const stop = make("button", { type: "button" }, "■ stop"),
    line = make("span", { class: "trainview-line", role: "status" }),
    image = make("img");
  stop.title = "stop the training and keep the model so far";
  stop.addEventListener("click", () => ui.set({ stopped: true }));
  ui.asks(stop);
  ui.root.append(stop, line, image);
  const draw = () => {
    const [source, alt, width] = model.get("picture");
    stop.disabled = model.get("stopped");
    line.textContent = model.get("line");
    image.width = width;
    image.alt = alt;
    image.src = source;
  };
  ui.on(["line", "picture", "stopped"], draw);
  draw();
});

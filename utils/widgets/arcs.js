// Curves over a row of words, from the one that looks to those that it looks at.

// Gives draw(words, shares): from the last of the words that have a share to every word that gets
// at least 2 %, thick where it gets much. Without shares none are drawn.
const arcsOver = (group) => {
  const SVG = "http://www.w3.org/2000/svg",
    arcs = document.createElementNS(SVG, "svg");
  arcs.setAttribute("class", "arcs");
  arcs.setAttribute("aria-hidden", "true"); // the words say the same
  group.append(arcs);
  return (words, shares) => {
    const from = words[shares.length - 1];
    arcs.setAttribute("width", group.scrollWidth);
    arcs.setAttribute("height", group.scrollHeight);
    arcs.replaceChildren();
    shares.forEach((w, s) => {
      if (w < 0.02) return;
      const to = words[s],
        [x0, y0] = [from.offsetLeft + from.offsetWidth / 2, from.offsetTop],
        [x1, y1] = [to.offsetLeft + to.offsetWidth / 2, to.offsetTop],
        lift = Math.min(24, 10 + Math.abs(x0 - x1) / 12),
        open = to === from ? 9 : 0, // to itself: a loop
        path = document.createElementNS(SVG, "path");
      path.setAttribute(
        "d",
        `M ${x0 + open} ${y0} ` +
          `C ${x0 + 2 * open} ${y0 - lift}, ${x1 - 2 * open} ${y1 - lift}, ${x1 - open} ${y1}`,
      );
      path.setAttribute("stroke-width", 1 + 5 * w);
      path.setAttribute("stroke-opacity", 0.3 + 0.7 * w);
      path.dataset.key = s;
      path.dataset.share = w.toFixed(3);
      arcs.append(path);
    });
  };
};

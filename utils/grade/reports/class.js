for (const table of document.querySelectorAll(".grid")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent;
      const compared = (a, b) =>
        value(a).localeCompare(value(b), undefined, { numeric: true }) * (down ? -1 : 1);
      table.tBodies[0].append(...[...table.tBodies[0].rows].sort(compared));
    });
  });
}

// A click on a column's name sorts by it; a page that loads itself anew keeps the order.
document.querySelectorAll(".grid").forEach((table, number) => {
  const heads = [...table.tHead.rows[0].cells];
  const order = `order ${number}`;
  function sort(column, down) {
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
    const value = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent;
    const compared = (a, b) =>
      value(a).localeCompare(value(b), undefined, { numeric: true }) * (down ? -1 : 1);
    table.tBodies[0].append(...[...table.tBodies[0].rows].sort(compared));
  }
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      sort(column, down);
      sessionStorage.setItem(order, JSON.stringify([column, down]));
    });
  });
  const [column, down] = JSON.parse(sessionStorage.getItem(order) ?? "[]");
  if (column < heads.length) sort(column, down);
});

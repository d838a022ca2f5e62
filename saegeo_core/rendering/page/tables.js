// Fills tables when they are opened. Every string of data is set as text.
function cell(value) {
  if (value === null || Number.isNaN(value)) return "—";
  if (typeof value === "string" || Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(4)));
}

async function fill(fold) {
  await unpack(partOf(fold.id));
  const { tables, arrays } = unpacked.get(partOf(fold.id));
  const columns = Object.entries(tables[fold.id]).map(([name, at]) => [name, arrays[at.array]]);
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  for (const [name, values] of columns) {
    const th = document.createElement("th");
    th.scope = "col";
    th.textContent = name;
    th.className = Array.isArray(values) ? "" : "number";
    head.append(th);
  }
  const body = table.createTBody();
  const nRows = columns.length ? columns[0][1].length : 0;
  for (let row = 0; row < nRows; row++) {
    const tr = body.insertRow();
    for (const [, values] of columns) {
      const td = tr.insertCell();
      td.textContent = cell(values[row]);
      if (!Array.isArray(values)) td.className = "number";
    }
  }
  const box = fold.querySelector(".scroll");
  box.replaceChildren(table);
  sizes.observe(box);
}

// A box that is wider than what it shows of its table says so.
const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) target.classList.toggle("cut", target.scrollWidth > target.clientWidth);
});

function watchTables(element) {
  for (const table of element.querySelectorAll(".scroll > table")) sizes.observe(table.parentElement);
  for (const fold of element.querySelectorAll("[data-table]")) {
    fold.addEventListener("toggle", () => {
      if (fold.open && !fold.querySelector("table")) fill(fold);
    });
  }
}

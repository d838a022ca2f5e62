// The summary's table in another order, or only the rows that are looked for.
const summary = document.getElementById("summary");
const collator = new Intl.Collator("en", { numeric: true });

const valueOf = (row, column) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();

// What is not known stays last, whichever way the others go.
function compared(one, other, isNumber, direction) {
  if (one === "" || other === "") return (one === "") - (other === "");
  return direction * (isNumber ? one - other : collator.compare(one, other));
}

function makeSortable(table) {
  const [body] = table.tBodies;
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const direction = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      headings.forEach((one) => one.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
      const isNumber = heading.classList.contains("number");
      const rows = [...body.rows].map((row) => [valueOf(row, column), row]);
      rows.sort(([one], [other]) => compared(one, other, isNumber, direction));
      body.append(...rows.map(([, row]) => row));
    });
  });
}

function makeFilter(form, table) {
  const rows = [...table.tBodies[0].rows];
  const columns = [...table.tHead.rows[0].cells].map((heading) => heading.dataset.fact);
  const factOf = (row, fact) => valueOf(row, columns.indexOf(fact));
  const words = new Map(rows.map((row) => [row, row.dataset.words.toLowerCase()]));
  const choices = [...form.querySelectorAll("select")];

  for (const choice of choices) {
    const facts = new Map(rows.map((row) => [factOf(row, choice.name), row.cells[columns.indexOf(choice.name)].textContent]));
    for (const [value, text] of [...facts].sort(([one], [other]) => collator.compare(one, other))) {
      choice.append(new Option(text.trim(), value));
    }
    choice.closest("label").hidden = facts.size < 2;
  }

  function isSought(row) {
    const { text, least, most } = form.elements;
    const l0 = factOf(row, "l0");
    const isWithin = (!least.value && !most.value)
      || (l0 !== "" && (!least.value || l0 >= least.valueAsNumber) && (!most.value || l0 <= most.valueAsNumber));
    return isWithin
      && text.value.toLowerCase().split(/\s+/).every((word) => words.get(row).includes(word))
      && choices.every((choice) => !choice.selectedIndex || factOf(row, choice.name) === choice.value);
  }

  function filter() {
    for (const row of rows) row.hidden = !isSought(row);
    const n = rows.filter((row) => !row.hidden).length;
    form.elements.found.value = n === rows.length ? `${n} rows` : `${n} of ${rows.length} rows`;
  }

  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter)); // once its fields are empty
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
}

if (summary) {
  const table = summary.querySelector(".saes");
  makeSortable(table);
  makeFilter(summary.querySelector(".filter"), table);
}

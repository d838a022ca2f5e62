// What is told of features in words: the card of one, the list of groups, the table of those that are marked.
const MOST_ROWS = 200;
const MOST_GROUPS = 200;
const LONG = 12; // entries of one table on a card, beyond which they are folded

function element(tag, text = "", properties = {}) {
  const made = Object.assign(document.createElement(tag), properties);
  made.textContent = text;
  return made;
}

function valueIn(column, row) {
  const value = column.values[row];
  if (column.kind === "text") return value;
  if (!isKnown(column, row)) return "";
  return column.kind === "category" ? column.names[value] : cell(value);
}

function entries(map, row) {
  const told = map.tables.map(() => []);
  for (const column of map.columns) {
    const value = valueIn(column, row);
    if (value !== "") told[column.table].push([column.name, value]);
  }
  return told;
}

function pairsOf(told) {
  const list = element("dl");
  for (const [name, value] of told) {
    const pair = element("div");
    pair.append(element("dt", name), element("dd", value));
    list.append(pair);
  }
  return list;
}

function cardOf(map, row) {
  const card = document.createDocumentFragment();
  const name = element("p", "", { className: "name" });
  name.append(element("b", `feature ${map.ids[row]}`));
  if (map.labels?.[row]) name.append(element("span", map.labels[row]));
  card.append(name);
  if (map.neuronpedia) {
    const link = element("a", "Neuronpedia", { href: map.neuronpedia + map.ids[row], rel: "noopener noreferrer", target: "_blank" });
    link.setAttribute("aria-label", `Feature ${map.ids[row]} on Neuronpedia, in a new tab`);
    card.append(link);
  }
  if (!map.isPlaced(row)) card.append(element("p", "It has no place on the map.", { className: "note" }));
  entries(map, row).forEach((told, place) => {
    if (!told.length) return;
    const { title, report } = map.tables[place];
    const heading = element("p", "", { className: "of" });
    heading.append(map.areLinked ? element("a", title, { href: `#${report}` }) : title);
    card.append(heading);
    if (told.length <= LONG) return card.append(pairsOf(told));
    const fold = element("details");
    fold.append(element("summary", `${told.length} columns`), pairsOf(told));
    card.append(fold);
  });
  return card;
}

// A button for each group, the largest where there are too many.
function groupsList(map, column, isColored, choose) {
  const codes = column.names.map((_, code) => code);
  const shown = codes.length <= MOST_GROUPS ? codes
    : codes.sort((one, other) => column.sizes[other] - column.sizes[one] || one - other).slice(0, MOST_GROUPS);
  const items = shown.map((code) => {
    const item = element("li");
    const button = element("button", "", { type: "button", value: code });
    button.setAttribute("aria-pressed", "false");
    if (isColored) button.append(sign(map, column, code));
    button.append(element("span", column.names[code]), element("small", `${column.sizes[code]}`));
    button.addEventListener("click", () => choose(code));
    item.append(button);
    return item;
  });
  const n = codes.length - shown.length;
  return n ? [...items, element("li", `and ${n} smaller ones`, { className: "note" })] : items;
}

function sign(map, column, code) {
  const swatch = swatchOf(map, column, code);
  const mark = element("i", swatch.sign);
  mark.style.color = swatch.color;
  mark.setAttribute("aria-hidden", "true");
  return mark;
}

function featuresTable(map, rows, column, pin) {
  const table = element("table");
  const head = table.createTHead().insertRow();
  const headings = ["feature", ...(map.labels ? ["label"] : []), ...(column ? [column.name] : [])];
  for (const heading of headings) head.append(element("th", heading, { scope: "col" }));
  const body = table.createTBody();
  for (const row of rows.slice(0, MOST_ROWS)) {
    const line = body.insertRow();
    const button = element("button", `${map.ids[row]}`, { type: "button" });
    button.setAttribute("aria-label", `Pin feature ${map.ids[row]}`);
    button.addEventListener("click", () => pin(row));
    line.insertCell().append(button);
    if (map.labels) line.insertCell().textContent = map.labels[row];
    if (column) line.insertCell().textContent = valueIn(column, row) || "—";
  }
  return table;
}

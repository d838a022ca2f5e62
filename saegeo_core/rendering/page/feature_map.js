// The map of the features of an SAE: color by a column, find, point, pin, mark a group.
const PATIENCE = 150; // milliseconds after the last letter
const RING = 8; // pixels
const HEIGHT = [360, 620]; // pixels, of a phone and at most
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

const count = (n) => n.toLocaleString("en");

class FeatureMap extends HTMLElement {
  #map; #placed; #cells; #curves = []; #isDrawn = false;
  #marked = []; #current = null; #pinned = null; #group = null;
  #ended = new AbortController();

  async connectedCallback() {
    if (document.readyState === "loading") { // the parts come last
      await new Promise((come) => document.addEventListener("DOMContentLoaded", come, { once: true }));
    }
    try {
      await unpack(this.dataset.map);
      if (this.isConnected) this.#begin();
    } catch (error) {
      this.#giveUp(error);
    }
  }

  disconnectedCallback() {
    this.#ended.abort();
    this.#erase();
  }

  #begin() {
    const { map, arrays } = unpacked.get(this.dataset.map);
    this.#map = resolved(map, arrays);
    const { x, y, ids } = this.#map;
    this.#map.isPlaced = (row) => !Number.isNaN(x[row]) && !Number.isNaN(y[row]);
    this.#map.areLinked = unfolded !== null;
    this.#placed = Array.from(ids.keys()).filter(this.#map.isPlaced);
    if (this.#map.isDense) this.#cells = cellsOf(this.#map, this.#placed);
    const { signal } = this.#ended;
    const form = this.querySelector("form");
    this.#fillChoices();
    let waiting;
    form.text.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => this.#find(), PATIENCE);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(waiting);
      this.#find();
      if (this.#marked.length) this.#pin(this.#marked[0]);
    });
    form.color.addEventListener("change", () => {
      const place = form.color.selectedOptions[0].value;
      if (this.#column?.kind === "category") {
        form.groups.value = place;
        this.#group = null;
      }
      this.#listGroups();
      this.#draw();
    });
    form.groups.addEventListener("change", () => {
      this.#group = null;
      this.#listGroups();
      this.#explain();
    });
    this.#box.addEventListener("keydown", (event) => this.#steer(event));
    matchMedia(DARK).addEventListener("change", () => this.#isDrawn && this.#draw(), { signal });
    addEventListener("hashchange", () => this.#followLink(), { signal });
    this.#listGroups();
    this.hidden = false;
    const seen = new IntersectionObserver((entries) => {
      const { isIntersecting } = entries.at(-1);
      if (isIntersecting && !this.#isDrawn) this.#draw();
      else if (!isIntersecting && this.#isDrawn) this.#erase();
    }, { rootMargin: NEAR });
    seen.observe(this.#box);
    signal.addEventListener("abort", () => seen.disconnect());
    this.#followLink();
  }

  get #box() { return this.querySelector(".drawing"); }
  get #form() { return this.querySelector("form"); }
  get #column() { return this.#map.columns[this.#form.color.value] ?? null; }
  get #groupsColumn() { return this.#map.columns[this.#form.groups.value] ?? null; }

  // What colors the map: the first column that names groups, unless none does.
  #fillChoices() {
    const { color, groups } = this.#form;
    const { columns, tables, isDense } = this.#map;
    color.append(new Option(isDense ? "features in a cell" : "nothing", ""));
    tables.forEach(({ title }, table) => {
      for (const [choice, kinds] of [[color, ["category", "number"]], [groups, ["category"]]]) {
        const box = Object.assign(document.createElement("optgroup"), { label: title });
        columns.forEach((column, place) => {
          if (column.table === table && kinds.includes(column.kind)) box.append(new Option(column.name, place));
        });
        if (box.children.length) choice.append(box);
      }
    });
    const first = columns.findIndex((column) => column.kind === "category");
    const colored = first >= 0 ? first : columns.findIndex((column) => column.kind === "number");
    color.value = isDense || colored < 0 ? "" : colored;
    groups.value = first;
    groups.closest("label").hidden = first < 0;
    this.querySelector(".groups").hidden = first < 0;
  }

  #listGroups() {
    const column = this.#groupsColumn;
    if (column === null) return;
    const isColored = column === this.#column;
    this.querySelector(".groups ul").replaceChildren(...groupsList(this.#map, column, isColored, (code) => this.#choose(code)));
    this.#press();
  }

  #press() {
    for (const button of this.querySelectorAll(".groups button")) {
      button.setAttribute("aria-pressed", String(this.#group === Number(button.value)));
    }
  }

  // A group is marked, or no longer.
  #choose(code) {
    this.#group = this.#group === code ? null : code;
    this.#press();
    if (this.#group === null) return this.#mark([], "");
    const { values, names, name } = this.#groupsColumn;
    const rows = [];
    values.forEach((value, row) => value === code && rows.push(row));
    this.#form.text.value = "";
    this.#mark(rows, names[code].startsWith(name) ? names[code] : `${name} ${names[code]}`);
  }

  #find() {
    this.#group = null;
    this.#press();
    const text = this.#form.text.value.trim().toLowerCase();
    if (!text) return this.#mark([], "");
    const { ids, labels, columns } = this.#map;
    const words = text.split(/\s+/);
    const texts = columns.filter((column) => column.kind === "text").map((column) => column.values);
    const rows = [];
    ids.forEach((id, row) => {
      if (String(id) === text) return rows.unshift(row);
      const told = [labels?.[row] ?? "", ...texts.map((values) => values[row])].join(" ").toLowerCase();
      if (words.every((word) => told.includes(word))) rows.push(row);
    });
    this.#mark(rows, `“${this.#form.text.value.trim()}”`);
  }

  #mark(rows, name) {
    this.#marked = rows;
    this.#list(rows);
    const hidden = rows.length > MOST_ROWS ? `, ${MOST_ROWS} of them listed below the map` : "";
    this.#tell(name ? `${count(rows.length)} ${rows.length === 1 ? "feature" : "features"}: ${name}${hidden}` : `${count(this.#placed.length)} features on the map`);
    if (this.#isDrawn) this.#draw();
  }

  #list(rows) {
    const section = this.querySelector(".listed");
    section.hidden = rows.length === 0;
    section.querySelector(".scroll").replaceChildren(featuresTable(this.#map, rows, this.#column, (row) => this.#pin(row)));
  }

  #tell(text) { this.#form.told.value = text; }

  #show(row) {
    this.#current = row;
    this.querySelector(".card .told").replaceChildren(cardOf(this.#map, row));
  }

  #pin(row) {
    this.#show(row);
    this.#pinned = row;
    const { ids, labels } = this.#map;
    this.#tell(`Pinned: feature ${ids[row]}${labels?.[row] ? `, ${labels[row]}` : ""}`);
    const button = element("button", "Unpin", { type: "button" });
    button.addEventListener("click", () => {
      this.#release();
      this.#box.focus();
    });
    this.querySelector(".card .told").prepend(button);
    history.replaceState(null, "", `#${this.dataset.map}/${ids[row]}`);
    this.#circle();
  }

  #release() {
    this.#pinned = null;
    this.querySelector(".card .told > button")?.remove();
    this.#tell(`${count(this.#placed.length)} features on the map`);
    history.replaceState(null, "", `#${this.dataset.map}`);
    this.#circle();
  }

  // `#map-…/17` pins feature 17.
  #followLink() {
    const [id, feature] = location.hash.slice(1).split("/");
    const row = id === this.dataset.map && feature ? this.#map.ids.indexOf(Number(feature)) : -1;
    if (row >= 0) this.#pin(row);
  }

  // From feature to feature, to the nearest in a direction.
  #steer(event) {
    if (event.target !== this.#box) return;
    if (event.key === "Enter" && this.#current !== null) this.#pin(this.#current);
    else if (event.key === "Escape" && this.#pinned !== null) this.#release();
    else if (event.key in ARROWS) {
      const row = this.#next(ARROWS[event.key]);
      if (row !== null) {
        this.#pinned = null;
        this.#show(row);
        this.#tell(`Feature ${this.#map.ids[row]}${this.#map.labels?.[row] ? `, ${this.#map.labels[row]}` : ""}`);
        this.#circle();
      }
    } else return;
    event.preventDefault();
  }

  #next([right, up]) {
    const { x, y, isPlaced } = this.#map;
    const { xaxis, yaxis } = this.#box.layout ?? {};
    if (!xaxis?.range) return null;
    const [width, height] = [xaxis.range[1] - xaxis.range[0], yaxis.range[1] - yaxis.range[0]];
    const isFrom = this.#current !== null && isPlaced(this.#current);
    if (!isFrom) right = up = 0; // begins in the middle
    const [fromX, fromY] = isFrom ? [x[this.#current], y[this.#current]] : [xaxis.range[0] + width / 2, yaxis.range[0] + height / 2];
    let [nearest, least] = [null, Infinity];
    for (const row of this.#placed) {
      const [dx, dy] = [(x[row] - fromX) / width, (y[row] - fromY) / height];
      const along = dx * right + dy * up;
      const aside = Math.abs(dx * up) + Math.abs(dy * right);
      const distance = Math.hypot(dx, dy);
      if (row !== this.#current && distance < least && (!isFrom || (along > 0 && aside <= along))) [nearest, least] = [row, distance];
    }
    return nearest;
  }

  get #ring() {
    const { x, y, isPlaced } = this.#map;
    if (this.#current === null || !isPlaced(this.#current)) return [];
    const [line, at] = [{ color: theme().layout.font.color, width: this.#pinned === null ? 1.5 : 3 }, { x: x[this.#current], y: y[this.#current] }];
    return [{ type: "circle", xsizemode: "pixel", ysizemode: "pixel", xanchor: at.x, yanchor: at.y,
      x0: -RING, x1: RING, y0: -RING, y1: RING, line }];
  }

  #circle() {
    if (this.#isDrawn) Plotly.relayout(this.#box, { shapes: this.#ring });
  }

  async #draw() {
    const isFirst = !this.#isDrawn;
    this.#isDrawn = true;
    this.#box.setAttribute("aria-busy", "true");
    try {
      await loadPlotly();
      if (!this.isConnected || !this.#isDrawn) return;
      const { data, curves } = this.#drawing();
      this.#curves = curves;
      const axis = { visible: false, fixedrange: false, automargin: false };
      const height = Math.max(HEIGHT[0], Math.min(HEIGHT[1], this.#box.clientWidth * 0.8));
      const layout = { height, margin: { l: 4, r: 4, t: 4, b: 4 }, xaxis: { ...axis }, yaxis: { ...axis }, template: theme(),
        hovermode: "closest", shapes: this.#ring, uirevision: "kept", dragmode: "zoom" };
      await Plotly.react(this.#box, data, layout, { displaylogo: false, showSendToCloud: false, plotlyServerURL: "", responsive: true,
        modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
        toImageButtonOptions: { format: "svg", filename: this.dataset.map } });
      if (isFirst) this.#listen();
      this.#explain();
      this.#box.setAttribute("aria-busy", "false");
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #drawing() {
    const map = this.#map;
    const n = this.#placed.length;
    const marked = this.#marked.filter(map.isPlaced);
    const isMarked = new Set(marked);
    const all = [];
    if (this.#cells) {
      if (marked.length) all.push({ trace: grayDensity(map, this.#cells), rows: null });
      const cells = marked.length ? cellsWith(this.#cells, (row) => isMarked.has(row)) : this.#cells;
      all.push({ trace: densityTrace(map, this.#column, cells), rows: null });
    } else {
      if (marked.length) all.push(grayTrace(map, this.#placed.filter((row) => !isMarked.has(row)), n));
      all.push(...pointTraces(map, this.#column, marked.length ? marked : this.#placed, n));
    }
    if (marked.length && marked.length <= MOST_RINGS) all.push(ringsTrace(map, marked, n));
    return { data: all.map(({ trace }) => trace), curves: all.map(({ rows }) => rows) };
  }

  #listen() {
    this.#box.on("plotly_hover", ({ points: [point] }) => {
      if (this.#pinned !== null) return;
      const rows = this.#rowsAt(point);
      if (rows.length === 1) this.#show(rows[0]);
      else this.#tell(`${count(rows.length)} features here; a click lists them`);
    });
    this.#box.on("plotly_click", ({ points: [point] }) => {
      const rows = this.#rowsAt(point);
      if (rows.length === 1) return this.#pin(rows[0]);
      this.#list(rows);
      this.#tell(`${count(rows.length)} features here, listed below the map`);
    });
  }

  #rowsAt({ curveNumber, pointNumber, pointIndex }) {
    const rows = this.#curves[curveNumber];
    if (rows !== null) return [rows[pointNumber]];
    const [down, across] = pointIndex ?? pointNumber;
    return this.#cells.rows.get(down * CELLS + across) ?? [];
  }

  // What the colors mean, where the list of groups does not show it.
  #explain() {
    const key = this.querySelector(".key");
    const column = this.#column;
    key.replaceChildren();
    if (column?.kind === "number") {
      const strip = element("span", "", { className: "strip" });
      strip.style.background = `linear-gradient(to right, ${scaleOf(this.#map, column).map(([at, color]) => `${color} ${100 * at}%`)})`;
      key.append(`${column.name}: ${column.ends[0]} `, strip, ` ${column.ends[1]}${column.isLog ? ", by the logarithm" : ""}`);
    } else if (column && column !== this.#groupsColumn) {
      for (const code of column.hues) {
        const entry = element("span");
        entry.append(sign(this.#map, column, code), ` ${column.names[code]}`);
        key.append(entry);
      }
      const n = column.names.length - column.hues.length;
      if (n) key.append(element("span", `${OTHER_SIGN} ${count(n)} others`));
    } else if (!column && this.#cells) key.append("Brighter where more features lie, by the logarithm of their number");
  }

  #erase() {
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    if (window.Plotly) Plotly.purge(this.#box);
  }

  #giveUp(error) {
    console.error(error);
    this.hidden = false;
    this.replaceChildren(element("p", "This browser could not draw the map; the reports have its numbers.", { className: "notice" }));
  }
}

customElements.define("feature-map", FeatureMap);

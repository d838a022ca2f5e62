"use strict";
// Draws figures when they come near the window, and fills tables when they are opened. Every string of data is set as text.
(() => {
  const DARK = "(prefers-color-scheme: dark)";
  const NEAR = "500px 0px";
  const NARROW = 600; // pixels; below it a legend goes under its figure
  const PRINTED_WIDTH = 660; // pixels
  const PRINTED_HEIGHT = 0.75; // of the height on a screen, so that two figures share a sheet
  const PRINTED_POINTS = 100000; // how many points a printed page holds as vectors
  const KINDS = { u1: Uint8Array, i1: Int8Array, u2: Uint16Array, i2: Int16Array, i4: Int32Array,
    f4: Float32Array, f8: Float64Array };

  const page = JSON.parse(document.getElementById("page-data").textContent);
  const wide = matchMedia("(min-width: 70rem)");
  const decoded = new Map();
  const drawn = new Set();

  // Asked anew each time: Chromium tells a query nothing of a change that was read from it first, so the one below that
  // listens for the change is never read.
  const theme = () => page.themes[matchMedia(DARK).matches ? "dark" : "light"];

  function arrayAt(place) {
    if (!decoded.has(place)) {
      const stored = page.arrays[place];
      decoded.set(place, Array.isArray(stored) ? stored : numbers(...Object.entries(stored)[0]));
    }
    return decoded.get(place);
  }

  function numbers(kind, text) {
    return new KINDS[kind](Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
  }

  function rowsOf(values, width) {
    return Array.from({ length: values.length / width }, (_, row) => values.subarray(row * width, (row + 1) * width));
  }

  // A copy of a drawing with its arrays in place of their numbers.
  function resolved(content) {
    if (Array.isArray(content)) return content.map(resolved);
    if (content === null || typeof content !== "object") return content;
    if ("array" in content && Number.isInteger(content.array)) {
      const values = arrayAt(content.array);
      return content.width ? rowsOf(values, content.width) : values;
    }
    return Object.fromEntries(Object.entries(content).map(([key, value]) => [key, resolved(value)]));
  }

  const hasWebGL = (() => {
    try {
      const context = document.createElement("canvas").getContext("webgl");
      context?.getExtension("WEBGL_lose_context")?.loseContext();
      return context !== null;
    } catch {
      return false;
    }
  })();

  const isHeavy = (drawing) => drawing.data.some((trace) => trace.type === "scattergl" || trace.type === "scatter3d");
  const nPoints = (drawing) => drawing.data.reduce((sum, trace) => sum + (trace.x?.length ?? 0), 0);

  async function draw(box, { printed = false } = {}) {
    const drawing = resolved(page.figures[box.dataset.figure]);
    if (printed || !hasWebGL) {
      for (const trace of drawing.data) if (trace.type === "scattergl") trace.type = "scatter";
    }
    const { title, ...layout } = drawing.layout; // it stands above as a heading
    layout.template = printed ? page.themes.light : theme();
    if (printed) Object.assign(layout, { width: PRINTED_WIDTH, height: layout.height * PRINTED_HEIGHT });
    const below = box.clientWidth < NARROW && !printed;
    if (below) {
      layout.legend = { ...layout.legend, orientation: "h", x: 0, y: -0.25, yanchor: "top" };
      for (const trace of drawing.data) Object.assign(trace, trace.meta?.narrow); // fewer words, in other places
    }
    layout.margin = { t: below || layout.legend?.orientation === "v" ? 16 : 40 };
    const options = {
      displaylogo: false,
      showSendToCloud: false, // nothing of a page leaves it
      plotlyServerURL: "",
      responsive: !printed,
      modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
      toImageButtonOptions: { format: "svg", filename: box.dataset.figure },
    };
    drawn.add(box);
    try {
      await Plotly.newPlot(box, drawing.data, layout, options);
    } catch (error) {
      giveUp(box, error);
    }
  }

  async function recolor(box) {
    try {
      await Plotly.relayout(box, { template: theme() });
    } catch (error) {
      giveUp(box, error);
    }
  }

  // One figure that a browser cannot draw takes no other with it.
  function giveUp(box, error) {
    console.error(error);
    drawn.delete(box);
    near.unobserve(box);
    box.textContent = "This browser could not draw the figure; its numbers stand in the table.";
  }

  function erase(box) {
    Plotly.purge(box);
    drawn.delete(box);
  }

  const near = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting && !drawn.has(target)) draw(target);
      // A browser keeps few WebGL drawings alive at a time, so those out of sight are given back.
      else if (!isIntersecting && drawn.has(target) && isHeavy(page.figures[target.dataset.figure])) erase(target);
    }
  }, { rootMargin: NEAR });

  const boxes = [...document.querySelectorAll(".plot")];
  boxes.forEach((box) => near.observe(box));

  matchMedia(DARK).addEventListener("change", () => {
    for (const box of drawn) recolor(box);
  });

  addEventListener("beforeprint", () => {
    let room = PRINTED_POINTS;
    for (const box of boxes) {
      const drawing = resolved(page.figures[box.dataset.figure]);
      if (isHeavy(drawing) && (room -= nPoints(drawing)) < 0) box.dataset.unprinted = "";
      else draw(box, { printed: true });
    }
  });

  addEventListener("afterprint", () => {
    for (const box of boxes) {
      delete box.dataset.unprinted;
      if (drawn.has(box)) erase(box);
      near.unobserve(box);
      near.observe(box);
    }
  });

  function cell(value) {
    if (value === null || Number.isNaN(value)) return "—";
    if (typeof value === "string" || Number.isInteger(value)) return String(value);
    return String(Number(value.toPrecision(4)));
  }

  function fill(fold) {
    const columns = Object.entries(page.tables[fold.dataset.table]).map(([name, at]) => [name, arrayAt(at.array)]);
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
    fold.querySelector(".scroll").replaceChildren(table);
  }

  for (const fold of document.querySelectorAll("[data-table]")) {
    fold.addEventListener("toggle", () => {
      if (fold.open && !fold.querySelector("table")) fill(fold);
    });
  }

  // A link to a fold opens it.
  function openTarget() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) target.open = true;
  }
  addEventListener("hashchange", openTarget);
  openTarget();

  const contents = document.querySelector(".contents details");
  const fit = () => { contents.open = wide.matches; };
  wide.addEventListener("change", fit);
  fit();
})();

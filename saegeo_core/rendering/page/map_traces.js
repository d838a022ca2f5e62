// What plotly draws of a map: its points by a column, or how many lie where; and which features a point or a cell stands for.
const SYMBOLS = ["circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "x", "triangle-left", "triangle-right", "star"];
const SIGNS = ["●", "■", "▲", "◆", "▼", "✚", "✖", "◀", "▶", "★"];
const OTHER_SIGN = "•";
const SIZES = [[200, 9], [2000, 7], [20000, 5], [Infinity, 3.5]]; // pixels of so many points
const LIT = 0.85;
const DIMMED = 0.25; // where others are marked
const MOST_RINGS = 500; // features with a ring each; more are told by the others' grayness
const MANY = 2000; // points from which WebGL draws them
const CELLS = 256; // of a density, along each axis

// Codes of categories are -1 where there is none.
const isKnown = (column, row) => column.kind === "category" ? column.values[row] !== -1 : !Number.isNaN(column.values[row]);

// Which hue of the palette a category has, undefined for those that share the neutral one.
const hueOf = (column, code) => (column.place ??= new Map(column.hues.map((one, hue) => [one, hue]))).get(code);

function swatchOf(map, column, code) {
  const hue = hueOf(column, code);
  return hue === undefined ? { color: map.palette.neutral, sign: OTHER_SIGN, symbol: "circle" }
    : { color: map.palette.hues[hue % map.palette.hues.length], sign: SIGNS[hue % SIGNS.length], symbol: SYMBOLS[hue % SYMBOLS.length] };
}

const scaleOf = (map, column) => column.low < 0 && column.high > 0 ? map.palette.signed : map.palette.upwards;
const onScale = (column, value) => column.isLog ? (value > 0 ? Math.log(value) : NaN) : value;

// Rows that have a place, by what they look like: those that lie below the others first.
function groupsOf(map, column, placed) {
  if (column === null) return [[0, placed]];
  const unknown = [];
  const known = new Map();
  for (const row of placed) {
    const value = column.values[row];
    if (!isKnown(column, row) || (column.kind === "number" && Number.isNaN(onScale(column, value)))) unknown.push(row);
    else {
      const key = column.kind === "number" ? "all" : hueOf(column, value) ?? "other";
      if (!known.has(key)) known.set(key, []);
      known.get(key).push(row);
    }
  }
  const other = known.get("other") ?? [];
  known.delete("other");
  return [[null, [...unknown, ...other]], ...known].filter(([, rows]) => rows.length);
}

const at = (values, rows) => Float32Array.from(rows, (row) => values[row]);

const sizeOf = (n) => SIZES.find(([most]) => n <= most)[1];

function pointTraces(map, column, placed, n) {
  return groupsOf(map, column, placed).map(([key, rows]) => {
    const marker = { size: sizeOf(n), opacity: LIT, line: { width: 0 }, color: map.palette.neutral };
    if (key === "all") {
      const [cmin, cmax] = [onScale(column, column.low), onScale(column, column.high)];
      Object.assign(marker, { color: Float32Array.from(rows, (row) => onScale(column, column.values[row])),
        colorscale: scaleOf(map, column), cmin, cmax, showscale: false });
    } else if (key !== null) {
      const { color, symbol } = column === null ? { color: map.palette.hues[0], symbol: "circle" } : swatchOf(map, column, column.hues[key]);
      Object.assign(marker, { color, symbol });
    }
    return { trace: pointsAt(map, rows, marker, n), rows };
  });
}

function pointsAt(map, rows, marker, n) {
  const type = n > MANY && hasWebGL ? "scattergl" : "scatter";
  return { type, mode: "markers", x: at(map.x, rows), y: at(map.y, rows), marker, hoverinfo: "none", showlegend: false };
}

function grayTrace(map, rows, n) {
  return { trace: pointsAt(map, rows, { size: sizeOf(n), opacity: DIMMED, line: { width: 0 }, color: map.palette.neutral }, n), rows };
}

function ringsTrace(map, rows, n) {
  const marker = { color: theme().layout.font.color, size: 11, symbol: "circle-open", line: { width: 1.5 } };
  return { trace: pointsAt(map, rows, marker, n), rows };
}

// Which features lie in which cell.
function cellsOf(map, placed) {
  const ends = (values) => placed.reduce(([low, high], row) => [Math.min(low, values[row]), Math.max(high, values[row])], [Infinity, -Infinity]);
  const [x, y] = [ends(map.x), ends(map.y)];
  const cell = (value, [low, high]) => Math.min(CELLS - 1, Math.floor((value - low) / (high - low || 1) * CELLS));
  const rows = new Map();
  for (const row of placed) {
    const place = cell(map.y[row], y) * CELLS + cell(map.x[row], x);
    if (!rows.has(place)) rows.set(place, []);
    rows.get(place).push(row);
  }
  return { rows, x, y };
}

// The cells with no more than some of their features.
const cellsWith = (cells, isAmong) => ({ ...cells,
  rows: new Map([...cells.rows].map(([place, rows]) => [place, rows.filter(isAmong)]).filter(([, rows]) => rows.length)) });

function grayDensity(map, cells) {
  const color = map.palette.neutral;
  return { ...densityTrace(map, null, cells), opacity: DIMMED, colorscale: [[0, color], [1, color]] };
}

// A number's mean in each cell, the hue of most of its features, or how many it has.
function densityTrace(map, column, cells) {
  const z = Array.from({ length: CELLS }, () => new Float32Array(CELLS).fill(NaN));
  for (const [place, rows] of cells.rows) z[Math.floor(place / CELLS)][place % CELLS] = toldOf(column, rows);
  const steps = ([low, high]) => [low + (high - low) / CELLS / 2, (high - low || 1) / CELLS];
  const [[x0, dx], [y0, dy]] = [steps(cells.x), steps(cells.y)];
  const trace = { type: "heatmap", z, x0, dx, y0, dy, zsmooth: false, showscale: false, hoverinfo: "none" };
  if (column === null) Object.assign(trace, { colorscale: map.palette.upwards });
  else if (column.kind === "number") {
    Object.assign(trace, { colorscale: scaleOf(map, column), zmin: onScale(column, column.low), zmax: onScale(column, column.high) });
  } else {
    const colors = [map.palette.neutral, ...column.hues.map((code) => swatchOf(map, column, code).color)];
    const share = (place) => place / colors.length;
    Object.assign(trace, { zmin: -1.5, zmax: colors.length - 1.5,
      colorscale: colors.flatMap((color, place) => [[share(place), color], [share(place + 1), color]]) });
  }
  return trace;
}

function toldOf(column, rows) {
  if (column === null) return Math.log(rows.length);
  const known = rows.filter((row) => isKnown(column, row)).map((row) => column.values[row]);
  if (column.kind === "number") return onScale(column, known.reduce((sum, value) => sum + value, 0) / known.length);
  const times = new Map();
  for (const code of known) times.set(hueOf(column, code) ?? -1, (times.get(hueOf(column, code) ?? -1) ?? 0) + 1);
  return known.length ? [...times].reduce((most, one) => one[1] > most[1] ? one : most)[0] : NaN;
}

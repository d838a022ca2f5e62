// Draws the figures that are unfolded when they come near the window.
const DARK = "(prefers-color-scheme: dark)";
const NEAR = "500px 0px";
const NARROW = 660; // pixels; below it a legend goes under its figure
const LEGEND_LINE = 27; // pixels of each entry there, beyond those that a figure has room for
const FREE_LINES = 1;
const BESIDE_NAME = 110; // pixels of the entry's line and of the legend's title
const LETTER = 7; // pixels
const PRINTED_WIDTH = 660; // pixels
const PRINTED_HEIGHT = 0.75; // of the height on a screen, so that two figures share a sheet
const PRINTED_POINTS = 100000; // how many points a printed page holds as vectors

const themes = JSON.parse(document.getElementById("themes").textContent);
const drawn = new Set();

// plotly is run where there are figures to draw, and after the page stands. The page's policy knows it by its digest.
let plotly = null;
function loadPlotly() {
  plotly ??= bytesOf(document.getElementById("plotly")).text().then((text) => {
    const script = document.createElement("script");
    script.textContent = text;
    document.head.append(script);
  });
  return plotly;
}

const whenIdle = window.requestIdleCallback ?? setTimeout;
const ready = (box) => Promise.all([loadPlotly(), unpack(partOf(box.dataset.figure))]);

// Asked anew each time: Chromium tells a query nothing of a change that was read from it first, so the one below that
// listens for the change is never read.
const theme = () => themes[matchMedia(DARK).matches ? "dark" : "light"];

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

function drawingOf(box) {
  const part = unpacked.get(partOf(box.dataset.figure));
  return resolved(part.figures[box.dataset.figure], part.arrays);
}

// Both ends of a long name tell more than its beginning.
const shortened = (name, room) => name.length <= room ? name
  : `${name.slice(0, Math.ceil(room / 2) - 1)}…${name.slice(-Math.floor(room / 2))}`;

async function draw(box, { printed = false } = {}) {
  if (!box.isConnected) return; // folded meanwhile
  const drawing = drawingOf(box);
  if (printed || !hasWebGL) {
    for (const trace of drawing.data) if (trace.type === "scattergl") trace.type = "scatter";
  }
  const { title, ...layout } = drawing.layout; // it stands above as a heading
  layout.template = printed ? themes.light : theme();
  if (printed) Object.assign(layout, { width: PRINTED_WIDTH, height: layout.height * PRINTED_HEIGHT });
  const below = box.clientWidth < NARROW && !printed;
  if (below) {
    layout.legend = { ...layout.legend, orientation: "h", x: 0, y: -0.25, yanchor: "top" };
    layout.height += LEGEND_LINE * Math.max(drawing.data.filter((trace) => trace.showlegend).length - FREE_LINES, 0);
    const room = Math.floor((box.clientWidth - BESIDE_NAME) / LETTER);
    for (const trace of drawing.data) {
      Object.assign(trace, trace.meta?.narrow); // fewer words, in other places
      if (trace.name) trace.name = shortened(trace.name, room);
    }
  }
  layout.margin = { t: below || layout.legend?.orientation === "v" ? 16 : 40 };
  const options = {
    displaylogo: false,
    showSendToCloud: false, // nothing of a page leaves it
    plotlyServerURL: "",
    responsive: !printed,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
    toImageButtonOptions: { format: "svg", filename: box.dataset.figure.replace("/", "-") },
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
    if (isIntersecting && !drawn.has(target)) ready(target).then(() => draw(target), (error) => giveUp(target, error));
    // A browser keeps few WebGL drawings alive at a time, so those out of sight are given back.
    else if (!isIntersecting && drawn.has(target) && isHeavy(drawingOf(target))) erase(target);
  }
}, { rootMargin: NEAR });

const boxesIn = (element) => [...element.querySelectorAll(".plot")];

function watchFigures(element) {
  for (const box of boxesIn(element)) {
    near.observe(box);
    whenIdle(() => box.clientWidth > 0 && ready(box).catch((error) => giveUp(box, error)));
  }
}

function forgetFigures(element) {
  for (const box of boxesIn(element)) {
    near.unobserve(box);
    if (drawn.has(box)) erase(box);
  }
}

matchMedia(DARK).addEventListener("change", () => {
  for (const box of drawn) recolor(box);
});

// On paper comes what is unfolded. It has to be there by then, for printing does not wait.
const isShown = (box) => box.clientWidth > 0 && window.Plotly && unpacked.has(partOf(box.dataset.figure));

addEventListener("beforeprint", () => {
  let room = PRINTED_POINTS;
  for (const box of boxesIn(document).filter(isShown)) {
    const drawing = drawingOf(box);
    if (isHeavy(drawing) && (room -= nPoints(drawing)) < 0) box.dataset.unprinted = "";
    else draw(box, { printed: true });
  }
});

addEventListener("afterprint", () => {
  for (const box of boxesIn(document)) {
    delete box.dataset.unprinted;
    if (drawn.has(box)) erase(box);
    near.unobserve(box);
    near.observe(box);
  }
});

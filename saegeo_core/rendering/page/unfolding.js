// One report is unfolded at a time, in place of the summary, by a link of its own.
const unfolded = document.getElementById("unfolded");
const content = document.getElementById("content");
const title = document.title;
const wide = matchMedia("(min-width: 70rem)");
let leftAt = 0; // where the summary was scrolled to
let shown = null; // the report that is unfolded

function prepare(element) {
  fitContents();
  watchTables(element);
  watchFigures(element);
}

function fitContents() {
  for (const contents of document.querySelectorAll(".contents details")) contents.open = wide.matches;
}

async function unfold(id) {
  if (id === shown) return;
  await unpack(id);
  if (partOf(location.hash.slice(1)) !== id) { // another one was asked for meanwhile
    unpacked.delete(id);
    return;
  }
  if (!summary.hidden) leftAt = scrollY;
  fold();
  unfolded.innerHTML = unpacked.get(id).html; // escaped when the page was written
  shown = id;
  summary.hidden = true;
  unfolded.hidden = false;
  const article = document.getElementById(id);
  document.title = `${article.getAttribute("aria-label")} · saegeo`;
  prepare(unfolded);
  scrollTo(0, 0);
  article.focus({ preventScroll: true });
}

// Back to nothing unfolded, and its numbers forgotten.
function fold() {
  if (shown === null) return;
  forgetFigures(unfolded);
  unfolded.replaceChildren();
  unpacked.delete(shown);
  shown = null;
}

function showSummary() {
  if (!summary.hidden) return;
  const link = summary.querySelector(`a[href="#${shown}"]`);
  fold();
  unfolded.hidden = true;
  summary.hidden = false;
  document.title = title;
  scrollTo(0, leftAt);
  link?.focus({ preventScroll: true });
}

const isSummary = (id) => ["", "summary", "curves"].includes(id);
const isReport = (id) => unfolded && !isSummary(id) && packed(id);

// A link to what is folded away opens it.
function goTo(id) {
  const target = document.getElementById(id);
  for (let box = target?.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  target?.scrollIntoView();
}

async function follow() {
  const target = location.hash.slice(1);
  const id = partOf(target);
  try {
    if (isReport(id)) await unfold(id);
    else if (unfolded && isSummary(id)) showSummary();
  } catch (error) {
    console.error(error);
    unfolded.textContent = "This browser could not unfold the report; saegeo show prints it.";
    unfolded.hidden = false;
  }
  if (target.includes("/")) goTo(target);
}

// The way past the contents is no link to a report: the address stays that of what is shown.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  content.focus();
  content.scrollIntoView();
});
wide.addEventListener("change", fitContents);
addEventListener("hashchange", follow);

if (unfolded) history.scrollRestoration = "manual";
fitContents();
document.addEventListener("DOMContentLoaded", () => { // the parts come last
  prepare(content);
  follow();
});

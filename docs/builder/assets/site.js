"use strict";

// The search of the site. Its index is a script that is loaded when the reader first turns to the field, from the disk as from a server.

const top_ = document.documentElement.dataset.top;
const field = /** @type {HTMLInputElement} */ (document.getElementById("search"));
const found = /** @type {HTMLElement} */ (document.getElementById("found"));
let isAsked = false;

function load() {
  if (isAsked) return;
  isAsked = true;
  const script = document.createElement("script");
  script.src = `${top_}search.js`;
  script.addEventListener("load", show);
  document.head.append(script);
}

/** How well a row fits: words in its heading count most, then those in the page's title; every word must be somewhere. */
function score(row, words) {
  const [, title, heading, text] = row.map(part => part.toLowerCase());
  let sum = 0;
  for (const word of words) {
    if (heading === word || heading.endsWith(`.${word}`)) sum += 20;
    else if (heading.includes(word)) sum += 10;
    else if (title.includes(word)) sum += 5;
    else if (text.includes(word)) sum += 1;
    else return 0;
  }
  return row[0].startsWith("reference/api") ? sum : sum + 3;
}

function show() {
  const words = field.value.toLowerCase().split(/\s+/).filter(word => word !== "");
  found.hidden = words.length === 0;
  if (found.hidden || !window.searchIndex) return;
  const rows = window.searchIndex
    .map(row => ({ row, score: score(row, words) }))
    .filter(one => one.score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, 30);
  const list = document.createElement("ul");
  for (const { row: [place, title, heading, text] } of rows) {
    const link = document.createElement("a");
    link.href = top_ + place;
    link.textContent = heading === title ? heading : `${heading} (${title})`;
    const item = document.createElement("li");
    const at = Math.max(0, text.toLowerCase().indexOf(words[0]) - 60);
    item.append(link, document.createElement("br"), text.slice(at, at + 160));
    list.append(item);
  }
  found.replaceChildren(rows.length > 0 ? list : "Nothing was found.");
}

field.addEventListener("focus", load);
field.addEventListener("input", show);
field.form.addEventListener("submit", event => {
  event.preventDefault();
  const first = found.querySelector("a");
  if (first) location.href = first.href;
});
document.addEventListener("keydown", event => {
  if (event.key === "/" && document.activeElement !== field && !(document.activeElement instanceof HTMLInputElement)) {
    event.preventDefault();
    field.focus();
  }
  if (event.key === "Escape") {
    field.value = "";
    show();
  }
});

// On a narrow window the list of pages is closed until it is wanted.
if (matchMedia("(max-width: 60rem)").matches) document.querySelector("nav details").open = false;

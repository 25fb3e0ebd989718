"use strict";

// The page as a whole: what all views share, which of them is shown, changes as they arrive, and messages.

/** @type {Status[]} */
const statuses = ["running", "stopped", "failed", "finished", "imported", "unreadable"];

/** @type {{ [view: string]: View }} */
const views = { runs: listView, curves: curvesView, run: runView, pair: pairView };

/** @type {App} */
const app = {
  source: openSource(),
  runs: new Map(),
  fields: [],
  quantiles: [],
  root: "",
  compare: "",
  chosen: new Set(),
  where: "",
  by: [],
  go(address, replace = false) {
    const next = readAddress(address);
    if (replace) history.replaceState(null, "", address);
    else if (address !== location.hash) history.pushState(null, "", address);
    // Within a view, the view itself has drawn what it now says.
    if (isSamePlace(shownAddress, next)) shownAddress = next;
    else showAddress();
  },
  say(text) {
    elementOf("said").textContent = text;
    elementOf("message").classList.toggle("shown", text !== "");
  },
};

/** @type {Address | null} */
let shownAddress = null;

/**
 * An element of index.html.
 * @param {string} id
 * @returns {HTMLElement}
 */
function elementOf(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/**
 * The sentence of an error.
 * @param {unknown} error
 */
function sentenceOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Reads "#/run/NAME?tab=masks". What is no address of a view is that of the list.
 * @param {string} hash
 * @returns {Address}
 */
function readAddress(hash) {
  const [place, settings] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  try {
    const [view, ...path] = place.split("/").filter(part => part !== "").map(decodeURIComponent);
    if (Object.hasOwn(views, view)) return { view, path, settings: new URLSearchParams(settings) };
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
  }
  return { view: "runs", path: [], settings: new URLSearchParams() };
}

/**
 * Whether two addresses are of the same view and path; their settings may differ.
 * @param {Address | null} one
 * @param {Address} other
 */
function isSamePlace(one, other) {
  return one !== null && one.view === other.view && one.path.join("/") === other.path.join("/");
}

/** Shows what the address says. In another view the focus goes to its heading; in the same one it stays where it was. */
function showAddress() {
  const before = shownAddress;
  const now = (shownAddress = readAddress(location.hash));
  const place = elementOf("view");
  const focused = document.activeElement;
  app.say("");
  place.replaceChildren();
  try {
    views[now.view].show(place, now);
  } catch (error) {
    place.append(h("h2", null, "This view cannot be shown"), h("p", { class: "error" }, sentenceOf(error)));
  }

  const heading = place.querySelector("h1, h2");
  document.title = heading ? `${heading.textContent} – ${app.root}` : app.root;
  for (const link of Array.from(document.querySelectorAll("nav a[data-view]"))) {
    if (link.getAttribute("data-view") === now.view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }

  if (before === null) return;
  if (isSamePlace(before, now)) {
    const same = focused?.isConnected ? focused : document.getElementById(focused?.id || " ");
    if (same instanceof HTMLElement && place.contains(same)) same.focus({ preventScroll: true });
  } else {
    window.scrollTo(0, 0);
    heading?.setAttribute("tabindex", "-1");
    if (heading instanceof HTMLElement) heading.focus({ preventScroll: true });
  }
}

/** Writes how many runs there are of every status. */
function showTotals() {
  const totals = new Map(statuses.map(status => [status, 0]));
  for (const run of app.runs.values()) totals.set(run.status, (totals.get(run.status) ?? 0) + 1);
  const place = elementOf("totals");
  if (place.children.length === 0) {
    place.append(h("li", null, h("a", { href: "#/runs" })), ...statuses.map(status => h("li", null, h("a", { href: `#/runs?status=${status}` }, statusBadge(status), " ", h("span")))));
  }
  const texts = [`${count(app.runs.size)} ${app.runs.size === 1 ? "run" : "runs"}`, ...statuses.map(status => count(totals.get(status)))];
  texts.forEach((text, number) => {
    const item = place.children[number];
    const target = /** @type {Element} */ (item.querySelector("a > span:not(.badge)") ?? item.firstElementChild);
    if (target.textContent !== text) target.textContent = text;
    item.toggleAttribute("hidden", number > 0 && text === "0");
  });
}

/** Changes that have arrived since the views last heard of some. */
const waiting = /** @type {{ changed: Map<string, Run | null>, timer: ReturnType<typeof setTimeout> | null }} */ ({ changed: new Map(), timer: null });

/** Takes the changes that wait, and tells the view of them. */
function applyChanges() {
  const changed = new Set(waiting.changed.keys());
  for (const [name, run] of waiting.changed) {
    if (run) {
      app.runs.set(name, run);
    } else {
      app.runs.delete(name);
      app.chosen.delete(name);
    }
  }
  waiting.changed.clear();
  waiting.timer = null;
  showTotals();
  if (shownAddress) views[shownAddress.view].update(changed);
}

/**
 * Keeps changes for the next moment at which views hear of them: five times a second at most.
 * @param {RunChanges} changes
 */
function receiveChanges(changes) {
  for (const run of changes.changed) {
    // After a broken connection all runs come again, as they were for the most part.
    const known = waiting.changed.has(run.name) ? undefined : app.runs.get(run.name);
    if (!known || JSON.stringify(known) !== JSON.stringify(run)) waiting.changed.set(run.name, run);
  }
  for (const name of changes.removed) waiting.changed.set(name, null);
  if (waiting.changed.size > 0) waiting.timer ??= setTimeout(applyChanges, 200);
}

/** Reads all runs, shows what the address says, and follows changes. */
async function start() {
  const place = elementOf("view");
  place.replaceChildren(h("p", { class: "muted" }, "Reading the runs."));
  try {
    const list = await app.source.list();
    app.root = list.root;
    app.compare = list.compare;
    app.fields = list.fields;
    app.quantiles = list.quantiles;
    app.runs = new Map(list.runs.map(run => [run.name, run]));
    elementOf("root").textContent = list.root;
    showTotals();
    showAddress();
    window.addEventListener("hashchange", showAddress);
    app.source.follow(list.version, receiveChanges, text => {
      const live = elementOf("live");
      live.textContent = text;
      live.classList.toggle("is-live", text === "live");
    });
  } catch (error) {
    place.replaceChildren(h("h2", null, "The runs cannot be shown"), h("p", { class: "error" }, sentenceOf(error)), button("Try again", start));
  }
}

/** @param {unknown} error */
function sayFailure(error) {
  app.say(`Something failed in this page: ${sentenceOf(error)} Load the page again if it does not go on. The runs are not affected.`);
}

// Errors without an exception are the browser's own remarks, such as that a layout took another round.
window.addEventListener("error", event => event.error && sayFailure(event.error));
window.addEventListener("unhandledrejection", event => sayFailure(event.reason));
elementOf("unsay").addEventListener("click", () => app.say(""));
// The address of a skip link is none of a view.
/** @type {HTMLElement} */ (document.querySelector(".skip")).addEventListener("click", event => {
  event.preventDefault();
  elementOf("view").focus();
});

start();

"use strict";

/** Most boxes in a graph of runs. */
const mostBoxes = 60;

/** Sizes of the graph in pixels. */
const boxSize = { width: 196, height: 46, across: 56, down: 14, edge: 4, arch: 48 };

/**
 * A run in the lineage of another: how far it is away.
 * @typedef {{ name: string, distance: number }} Relative
 */

/**
 * The runs that are reached from one, the nearest first, without itself.
 * @param {string} start
 * @param {(name: string) => string[]} next
 * @returns {Relative[]}
 */
function reached(start, next) {
  const distances = new Map([[start, 0]]);

  for (const [name, distance] of distances) {
    for (const one of next(name)) {
      if (!distances.has(one)) {
        distances.set(one, distance + 1);
      }
    }
  }

  return [...distances].slice(1).map(([name, distance]) => ({ name, distance }));
}

/** The runs that derive from each run directly. */
function childrenByRun() {
  /** @type {Map<string, string[]>} */
  const children = new Map();

  for (const run of app.runs.values()) {
    for (const parent of run.parents) {
      children.set(parent, [...(children.get(parent) ?? []), run.name]);
    }
  }

  return children;
}

/**
 * What a run derives from, and what derives from it, the nearest first.
 * @param {string} name
 */
function lineageOf(name) {
  const children = childrenByRun();

  return {
    ancestors: reached(name, one => app.runs.get(one)?.parents ?? []),
    descendants: reached(name, one => children.get(one) ?? []),
  };
}

/**
 * The names in layers: every run stands behind all that it derives from.
 * @param {string[]} names
 * @returns {string[][]}
 */
function layersOf(names) {
  const ranks = new Map(names.map(name => [name, 0]));
  const rank = (/** @type {string} */ name) => ranks.get(name) ?? -1;

  // Folders from elsewhere may say that runs derive from one another in a circle: no rank is beyond the number of runs.
  for (let moved = true, round = 0; moved && round < names.length; round++) {
    moved = false;

    for (const name of names) {
      const behind = Math.max(-1, ...(app.runs.get(name)?.parents ?? []).map(rank)) + 1;

      if (behind > rank(name)) {
        ranks.set(name, behind);
        moved = true;
      }
    }
  }

  /** @type {Map<string, number>} */
  const places = new Map();
  const layers = [...new Set(ranks.values())].sort((one, two) => one - two).map(own => names.filter(name => rank(name) === own));

  const wish = (/** @type {string} */ name) => {
    const parents = (app.runs.get(name)?.parents ?? []).map(parent => places.get(parent)).filter(place => place !== undefined);
    return parents.length > 0 ? mean(parents) : 0;
  };

  for (const layer of layers) {
    layer.sort((one, two) => wish(one) - wish(two) || one.localeCompare(two));
    layer.forEach((name, place) => places.set(name, place - layer.length / 2));
  }

  return layers;
}

/**
 * The end of a text, if it is long.
 * @param {string} text
 * @param {number} length
 */
function endOf(text, length) {
  return text.length > length ? `…${text.slice(1 - length)}` : text;
}

/**
 * A run as a box.
 * @param {string} name
 * @param {{ x: number, y: number }} corner
 * @param {boolean} own Whether it is the run that the graph is about.
 */
function runBox(name, corner, own) {
  const run = app.runs.get(name);
  const words = run ? [run.method ?? "no method", run.seed === null ? "" : `seed ${endOf(run.seed, 8)}`] : ["not in this folder"];
  const line = (/** @type {number} */ down, /** @type {string} */ text, /** @type {string} */ weight) =>
    s("text", { x: corner.x + 10, y: corner.y + down, fill: "currentColor", "font-size": "12", "font-weight": weight }, text);

  const box = [
    s("title", {}, name),
    s("rect", {
      x: corner.x,
      y: corner.y,
      width: boxSize.width,
      height: boxSize.height,
      rx: 6,
      style: `fill:var(${own ? "--chosen" : "--paper"})`,
      stroke: "currentColor",
      "stroke-width": own ? 3 : 1,
      "stroke-dasharray": run ? "none" : "4 3",
    }),
    line(19, endOf(words.filter(word => word !== "").join(", "), 24), own ? "700" : "600"),
    line(36, endOf(name, 24), "400"),
  ];

  return run
    ? s("a", { href: `#/run/${encodeURIComponent(name)}`, "aria-current": own ? "page" : null }, box)
    : s("g", { role: "img", "aria-label": `${name}, not in this folder` }, box);
}

/**
 * The graph of some runs, from left to right. Its boxes lead to the runs.
 * @param {string} name The run that it is about.
 * @param {string[]} names All runs in it.
 */
function lineageGraph(name, names) {
  const layers = layersOf(names);
  const rows = Math.max(...layers.map(layer => layer.length));
  const width = layers.length * (boxSize.width + boxSize.across) - boxSize.across + 2 * boxSize.edge;
  const columns = new Map(layers.flatMap((layer, place) => layer.map(one => [one, place])));
  const skips = (/** @type {string} */ parent, /** @type {string} */ child) => (columns.get(child) ?? 0) > (columns.get(parent) ?? 0) + 1;
  const top = names.some(child => (app.runs.get(child)?.parents ?? []).some(parent => columns.has(parent) && skips(parent, child))) ? boxSize.arch : boxSize.edge;
  const height = top + rows * (boxSize.height + boxSize.down) - boxSize.down + boxSize.edge;

  const corners = new Map(
    layers.flatMap((layer, column) =>
      layer.map((one, row) => [
        one,
        {
          x: boxSize.edge + column * (boxSize.width + boxSize.across),
          y: top + (row + (rows - layer.length) / 2) * (boxSize.height + boxSize.down),
        },
      ]),
    ),
  );

  const arrows = names.flatMap(child =>
    (app.runs.get(child)?.parents ?? []).flatMap(parent => {
      const [from, to] = [corners.get(parent), corners.get(child)];

      if (!from || !to) {
        return [];
      }

      if (skips(parent, child)) {
        const [left, right] = [from.x + boxSize.width / 2, to.x + boxSize.width / 2];
        const arch = `M${left},${from.y}C${left + boxSize.arch},${from.y - boxSize.arch} ${right - boxSize.arch},${to.y - boxSize.arch} ${right},${to.y}`;
        return [s("path", { d: `${arch}M${right - 8},${to.y - 3}L${right},${to.y}L${right - 3},${to.y - 8}`, fill: "none", stroke: "currentColor", "stroke-opacity": 0.6 })];
      }

      const start = { x: from.x + boxSize.width, y: from.y + boxSize.height / 2 };
      const end = { x: to.x, y: to.y + boxSize.height / 2 };
      const bend = boxSize.across / 2;
      const path = `M${start.x},${start.y}C${start.x + bend},${start.y} ${end.x - bend},${end.y} ${end.x},${end.y}`;
      const point = `M${end.x - 7},${end.y - 4}L${end.x},${end.y}L${end.x - 7},${end.y + 4}`;
      return [s("path", { d: path + point, fill: "none", stroke: "currentColor", "stroke-opacity": 0.6 })];
    }),
  );

  const boxes = layers.flat().map(one => runBox(one, corners.get(one) ?? { x: 0, y: 0 }, one === name));
  const graph = s("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Graph of the lineage", style: "display:block;max-width:none" }, arrows, boxes);
  return { region: scrollRegion("Graph of the lineage", graph), middle: (corners.get(name)?.x ?? 0) + boxSize.width / 2 };
}

/**
 * @param {string} heading
 * @param {Relative[]} relatives
 * @param {string} none What is said where there are none.
 * @param {RunDetails["parents"]} parents What is known of the direct ones.
 */
function relativesList(heading, relatives, none, parents) {
  const note = (/** @type {Relative} */ one) => {
    const parent = one.distance === 1 ? parents.find(known => known.name === one.name) : undefined;
    const step = parent && parent.step !== null ? `, at step ${count(parent.step)}` : "";
    const hash = parent && parent.hash !== null ? `, checkpoint ${parent.hash.slice(0, 12)}` : "";
    return one.distance === 1 ? `directly${step}${hash}` : `over ${one.distance - 1} other${one.distance > 2 ? "s" : ""}`;
  };

  const entry = (/** @type {Relative} */ one) => {
    const known = app.runs.has(one.name);
    return h("li", {}, known ? runLink(one.name) : one.name, h("span", { class: "muted" }, ` ${note(one)}${known ? "" : "; not in this folder"}`));
  };

  return [h("h3", {}, heading), relatives.length > 0 ? h("ul", { style: "overflow-wrap:anywhere" }, relatives.map(entry)) : h("p", { class: "muted" }, none)];
}

/**
 * Shows what a run derives from and what derives from it in a place on the page: as a graph and as two lists.
 * @param {HTMLElement} place
 * @param {string} name
 * @param {RunDetails["parents"]} parents
 */
function drawLineage(place, name, parents) {
  const { ancestors, descendants } = lineageOf(name);
  const nearest = [...ancestors, ...descendants].sort((one, two) => one.distance - two.distance).map(one => one.name);
  const all = [...new Set([name, ...nearest])];
  const shown = all.slice(0, mostBoxes);
  const { region, middle } = lineageGraph(name, shown);
  const rest = all.length > shown.length ? h("p", { class: "muted" }, `The graph shows the nearest ${mostBoxes} of ${count(all.length)} runs; the lists have all.`) : null;

  place.replaceChildren(
    ...(rest ? [rest] : []),
    region,
    ...relativesList("Derives from", ancestors, "This run derives from no other.", parents),
    ...relativesList("What derives from it", descendants, "No run in this folder derives from it.", []),
  );

  region.scrollLeft = middle - region.clientWidth / 2;
}

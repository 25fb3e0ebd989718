"use strict";

/**
 * Something that a plot shows.
 * @typedef {object} Series
 * @property {string} name What it is, in the legend and under the pointer.
 * @property {"line" | "bar" | "ticks"} kind Ticks stand along the bottom, at any height of the values.
 * @property {(number | string)[]} x
 * @property {(number | null)[]} y Ticks need none.
 * @property {number} color Index into the colors.
 * @property {number} [dash] Index into the patterns of lines.
 * @property {boolean} [pale] Thin and behind, without an entry in the legend.
 * @property {string} [part] Name of the series that it is shown and hidden with, where it is pale.
 * @property {{ lower: number[], upper: number[], n: number[] }} [interval] A band around the line, and how many runs its mean is of.
 */

/**
 * How a plot is shown.
 * @typedef {object} PlotOptions
 * @property {string} label Says what is seen, for those who do not see it.
 * @property {string} x What the horizontal axis shows.
 * @property {string} y What the vertical axis shows.
 * @property {boolean} [logX]
 * @property {boolean} [logY]
 * @property {number} [height] In pixels, without the legend.
 * @property {string} key The reader's zoom is kept as long as this stays the same.
 * @property {() => { headers: { text: string, numeric?: boolean }[], rows: (string | number)[][] }} table The data behind it.
 */

/**
 * A plot on the page.
 * @typedef {object} ShownPlot
 * @property {HTMLElement} chart
 * @property {HTMLElement} legend
 * @property {HTMLDetailsElement} details
 * @property {Set<string>} hidden Names of the series that the reader has hidden.
 * @property {Series[]} series
 * @property {PlotOptions} options
 */

/** Most rows that are shown of a plot's data. */
const mostRows = 500;

/** Patterns of lines by index; Plotly's names, and SVG's. The one of `collapsedDash` stands for collapsed runs. */
const dashes = [
  { plotly: "solid", svg: "none" },
  { plotly: "dot", svg: "2 3" },
  { plotly: "dashdot", svg: "7 3 2 3" },
  { plotly: "longdashdot", svg: "11 3 2 3" },
  { plotly: "dash", svg: "6 4" },
];

/** The pattern that says "collapsed". */
const collapsedDash = dashes.length - 1;

/**
 * The colors of Okabe and Ito in the order of Figures.fs. Those that are too pale on white, or too dark on black, are moved until all have a contrast of 3 to 1.
 * The masks' colors are told apart by lightness, and by blue against orange.
 */
const lightColors = {
  series: ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B87F00", "#3A9BD1", "#000000"],
  ink: "#222222",
  grid: "#e4e4e4",
  ground: "#ffffff",
  mask: { inactive: "#ededed", active: "#0072B2", kept: "#8c8c8c", appeared: "#0072B2", vanished: "#D55E00" },
};

/** @type {typeof lightColors} */
const darkColors = {
  series: ["#2E86CC", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#8CCBF2", "#E8E8E8"],
  ink: "#e6e6e6",
  grid: "#3d3d3d",
  ground: "#1b1b1b",
  mask: { inactive: "#2b2b2b", active: "#56B4E9", kept: "#7d7d7d", appeared: "#56B4E9", vanished: "#E69F00" },
};

const darkScheme = matchMedia("(prefers-color-scheme: dark)");

/** The colors that the reader's device asks for now. */
function colorsNow() {
  return darkScheme.matches ? darkColors : lightColors;
}

/** @type {Map<Element, { paint: () => void, leave: () => void }>} */
const painted = new Map();

function forgetWhatWasLeft() {
  for (const [element, one] of painted) {
    if (!element.isConnected) {
      painted.delete(element);
      one.leave();
    }
  }
}

darkScheme.addEventListener("change", () => {
  forgetWhatWasLeft();

  for (const one of painted.values()) {
    one.paint();
  }
});

/**
 * Paints an element of the page now, and again whenever the color scheme changes. `leave` is called some time after the element has left the page.
 * @param {Element} element
 * @param {() => void} paint
 * @param {() => void} [leave]
 */
function paintInColors(element, paint, leave = () => undefined) {
  forgetWhatWasLeft();
  painted.set(element, { paint, leave });
  paint();
}

/**
 * A foreign text that Plotly shows as it stands: neither as markup nor as a template.
 * @param {string} text
 */
function plotText(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("{", "&#123;");
}

/**
 * A color that lets the ground through.
 * @param {string} color "#rrggbb"
 * @param {number} opacity
 */
function translucent(color, opacity) {
  const part = (/** @type {number} */ start) => parseInt(color.slice(start, start + 2), 16);
  return `rgba(${part(1)},${part(3)},${part(5)},${opacity})`;
}

/**
 * @param {number} index
 * @param {typeof lightColors} colors
 */
function seriesColor(index, colors) {
  return colors.series[index % colors.series.length];
}

/**
 * The closed outline of a band. On a logarithmic axis its ends at or below 0 are drawn at the least value above 0.
 * @param {Series} one
 * @param {boolean} log
 */
function bandOutline(one, log) {
  const { lower, upper } = /** @type {{ lower: number[], upper: number[] }} */ (one.interval);
  const above = [...lower, ...upper].filter(value => value > 0);
  const least = log ? above.reduce((least, value) => Math.min(least, value), Infinity) : -Infinity;
  const drawn = (/** @type {number} */ value) => Math.max(value, least);
  return { x: [...one.x, ...[...one.x].reverse()], y: [...upper.map(drawn), ...lower.map(drawn).reverse()] };
}

/**
 * A series as Plotly draws it.
 * @param {Series} one
 * @param {ShownPlot} plot
 * @param {typeof lightColors} colors
 * @returns {object[]}
 */
function tracesOf(one, plot, colors) {
  const color = seriesColor(one.color, colors);
  const visible = !plot.hidden.has(one.pale ? (one.part ?? one.name) : one.name);
  const common = { name: plotText(one.name), x: one.x.map(x => (typeof x === "string" ? plotText(x) : x)), visible };

  if (one.kind === "bar") {
    return [{ ...common, type: "bar", y: one.y, marker: { color }, hovertemplate: "%{x}: %{y:.6~g}<extra></extra>" }];
  }

  if (one.kind === "ticks") {
    const marker = { symbol: "line-ns", size: 9, line: { width: 1, color: colors.ink }, opacity: 0.75 };
    const template = "%{fullData.name}<br>step %{x:,}<extra></extra>";
    return [{ ...common, type: "scatter", mode: "markers", y: one.x.map(() => 0), yaxis: "y2", marker, hovertemplate: template }];
  }

  const line = { color, width: one.pale ? 1 : 2, dash: dashes[one.dash ?? 0].plotly };
  const gap = (/** @type {number} */ index) => (one.y[index] ?? null) === null;
  const sizes = one.y.map((_, index) => (!gap(index) && gap(index - 1) && gap(index + 1) ? 6 : 0)); // values alone between gaps have no line
  const mode = sizes.some(size => size > 0) ? "lines+markers" : "lines";
  const interval = one.interval;

  const mean = {
    ...common,
    type: "scatter",
    mode,
    y: one.y,
    line,
    marker: { color, size: sizes },
    opacity: one.pale ? 0.4 : 1,
    customdata: interval ? one.x.map((_, index) => [interval.lower[index], interval.upper[index], interval.n[index]]) : undefined,
    hovertemplate:
      "%{fullData.name}<br>step %{x:,}<br>" +
      (interval
        ? "mean %{y:.5~g}<br>80% interval %{customdata[0]:.5~g} to %{customdata[1]:.5~g}<br>runs: %{customdata[2]}<extra></extra>"
        : "value %{y:.5~g}<extra></extra>"),
  };

  if (!interval) {
    return [mean];
  }

  const outline = { ...bandOutline(one, plot.options.logY ?? false), fill: "toself", fillcolor: translucent(color, 0.18), line: { width: 0 } };
  return [{ ...common, ...outline, type: "scatter", mode: "lines", hoverinfo: "skip" }, mean];
}

/**
 * An axis as Plotly draws it.
 * @param {string} title
 * @param {boolean} log
 * @param {boolean} named Whether its places are words.
 * @param {boolean} bars Whether bars stand on it, which begin at 0.
 * @param {"none" | "power"} exponents How large and small numbers are written.
 * @param {typeof lightColors} colors
 */
function axisOf(title, log, named, bars, exponents, colors) {
  return {
    title: { text: plotText(title), standoff: 8 },
    type: named ? "category" : log ? "log" : "linear",
    automargin: true,
    gridcolor: colors.grid,
    linecolor: colors.grid,
    zerolinecolor: colors.grid,
    exponentformat: exponents,
    separatethousands: true,
    rangemode: bars ? "tozero" : "normal",
  };
}

/** @param {ShownPlot} plot */
function paintPlot(plot) {
  const { chart, series, options } = plot;
  const colors = colorsNow();
  const named = series.some(one => typeof one.x[0] === "string");
  const below = { overlaying: "y", range: [-0.02, 1], visible: false, fixedrange: true };

  const layout = {
    autosize: true,
    height: options.height ?? 420,
    margin: { l: 56, r: 12, t: 28, b: 44 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: colors.ink, family: "system-ui, sans-serif", size: 13 },
    showlegend: false,
    hovermode: "closest",
    hoverlabel: { bgcolor: colors.ground, bordercolor: colors.ink, font: { color: colors.ink }, namelength: -1 },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: colors.ink, activecolor: colors.series[0] },
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom", // a finger scrolls the page
    uirevision: options.key,
    xaxis: axisOf(options.x, options.logX ?? false, named, false, "none", colors),
    yaxis: axisOf(options.y, options.logY ?? false, false, series.some(one => one.kind === "bar"), "power", colors),
    ...(series.some(one => one.kind === "ticks") ? { yaxis2: below } : {}),
  };

  const traces = series.flatMap(one => tracesOf(one, plot, colors));
  Plotly.react(chart, traces, layout, { displaylogo: false, responsive: true });
  chart.setAttribute("aria-label", options.label);
  chart.style.minHeight = `${layout.height}px`;
  paintLegend(plot, colors);
}

/**
 * A short piece of a line, as it is drawn in the plot.
 * @param {Series} one
 * @param {typeof lightColors} colors
 */
function sample(one, colors) {
  const drawn =
    one.kind === "line"
      ? s("line", { x1: "0", y1: "6", x2: "28", y2: "6", stroke: seriesColor(one.color, colors), "stroke-width": "3", "stroke-dasharray": dashes[one.dash ?? 0].svg })
      : one.kind === "bar"
        ? s("rect", { x: "8", y: "0", width: "12", height: "12", fill: seriesColor(one.color, colors) })
        : s("line", { x1: "14", y1: "0", x2: "14", y2: "12", stroke: colors.ink, "stroke-width": "1.5" });

  return s("svg", { width: "28", height: "12", viewBox: "0 0 28 12", "aria-hidden": "true", style: "flex:none" }, drawn);
}

/**
 * The legend is a list of switches below the plot: it takes names of any length at any width, and the keyboard.
 * @param {ShownPlot} plot
 * @param {typeof lightColors} colors
 */
function paintLegend(plot, colors) {
  const entries = plot.series.filter(one => !one.pale);
  const focused = plot.legend.contains(document.activeElement) ? document.activeElement?.getAttribute("data-series") : null;

  const switchOf = (/** @type {Series} */ one) => {
    const hidden = plot.hidden.has(one.name);

    const flip = () => {
      if (!plot.hidden.delete(one.name)) {
        plot.hidden.add(one.name);
      }

      paintPlot(plot);
    };

    const style = `display:inline-flex;align-items:center;gap:.4em;border:0;background:none;color:inherit;font:inherit;text-align:left;padding:.15em .3em;overflow-wrap:anywhere;cursor:pointer${hidden ? ";text-decoration:line-through" : ""}`;
    const attributes = { type: "button", style, "aria-pressed": String(!hidden), title: hidden ? "Show it" : "Hide it", "data-series": one.name, onclick: flip };
    return h("li", {}, h("button", attributes, sample(one, colors), h("span", {}, one.name)));
  };

  plot.legend.replaceChildren(...(entries.length > 1 ? entries.map(switchOf) : []));
  plot.legend.hidden = entries.length < 2;

  if (focused) {
    const again = [...plot.legend.querySelectorAll("button")].find(one => one.getAttribute("data-series") === focused);
    again?.focus();
  }
}

/** @param {ShownPlot} plot */
function fillTable(plot) {
  const summary = /** @type {HTMLElement} */ (plot.details.firstElementChild);

  if (!plot.details.open) {
    plot.details.replaceChildren(summary);
    return;
  }

  const { headers, rows } = plot.options.table();
  const rest = rows.length > mostRows ? h("p", { class: "muted" }, `The first ${count(mostRows)} of ${count(rows.length)} rows are shown.`) : null;
  const table = dataTable(plot.options.label, headers, rows.slice(0, mostRows));
  plot.details.replaceChildren(summary, ...(rest ? [rest] : []), table);
}

/**
 * @param {HTMLElement} place
 * @returns {ShownPlot}
 */
function newPlot(place) {
  const chart = h("div", { class: "plot", role: "img" });
  const legend = h("ul", { "aria-label": "Legend", style: "display:flex;flex-wrap:wrap;gap:0 .6em;list-style:none;margin:.2em 0 .6em;padding:0;max-height:20em;overflow:auto" });
  const details = /** @type {HTMLDetailsElement} */ (h("details", {}, h("summary", {}, "Data of this plot")));
  const options = { label: "", x: "", y: "", key: "", table: () => ({ headers: [], rows: [] }) };
  const plot = { chart, legend, details, hidden: new Set(), series: [], options };
  details.addEventListener("toggle", () => fillTable(plot));
  place.replaceChildren(chart, legend, details);
  return plot;
}

/** @type {WeakMap<HTMLElement, ShownPlot>} */
const plotsByPlace = new WeakMap();

/**
 * Draws a plot with its legend and its data as a table in a place of its own on the page, or changes the one that is there. It follows the width and the color scheme.
 * @param {HTMLElement} place
 * @param {Series[]} series
 * @param {PlotOptions} options
 */
function drawPlot(place, series, options) {
  const there = plotsByPlace.get(place);
  const plot = there && there.chart.parentElement === place ? there : newPlot(place);
  plotsByPlace.set(place, plot);
  Object.assign(plot, { series, options });
  paintInColors(plot.chart, () => paintPlot(plot), () => Plotly.purge(plot.chart));
  fillTable(plot);
}

/**
 * Fits the plots within an element to its width, after it was hidden.
 * @param {HTMLElement} within
 */
function refitPlots(within) {
  for (const chart of painted.keys()) {
    if (chart.classList.contains("plot") && within.contains(chart)) {
      Plotly.Plots.resize(chart);
    }
  }
}

/** @type {WeakMap<HTMLElement, symbol>} */
const lastAsked = new WeakMap();

/**
 * Asks for something that a place shows. Until it is there, an empty place says so; where it fails, the place has the sentence and a button that asks again.
 * An answer is dropped when the place has left the page, or has been asked to show something else since.
 * @template T
 * @param {HTMLElement} place
 * @param {() => Promise<T>} ask
 * @param {(answer: T) => void} show
 */
function fillFrom(place, ask, show) {
  const turn = Symbol();
  const waiting = h("p", { class: "muted" }, "Loading…");
  lastAsked.set(place, turn);
  place.setAttribute("aria-busy", "true");

  if (!place.hasChildNodes()) {
    place.append(waiting);
  }

  /** @param {() => void} react */
  const settle = react => {
    if (place.isConnected && lastAsked.get(place) === turn) {
      place.removeAttribute("aria-busy");
      waiting.remove();
      react();
    }
  };

  const again = () => {
    place.replaceChildren();
    fillFrom(place, ask, show);
  };

  const fail = (/** @type {unknown} */ error) => {
    place.replaceChildren(h("p", { class: "error", role: "status" }, sentenceOf(error)), button("Try again", again));
  };

  ask().then(
    answer => settle(() => show(answer)),
    error => settle(() => fail(error)),
  );
}

/**
 * A button that copies a text, and says so. Where the browser does not let it, it says how to.
 * @param {string} label
 * @param {() => string} text
 * @param {Attributes} [attributes]
 */
function copyButton(label, text, attributes = {}) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      app.say("Copied.");
    } catch {
      app.say("The browser does not let this page copy. Select the text, and copy it with the keyboard.");
    }
  };

  return button(label, copy, attributes);
}

/**
 * Calls f at most once in so many milliseconds: at once when it has rested as long, else when it has.
 * @param {() => void} f
 * @param {number} ms
 */
function atMostEvery(f, ms) {
  let last = -Infinity;
  let waits = false;

  const call = () => {
    waits = false;
    last = performance.now();
    f();
  };

  return () => {
    if (!waits) {
      waits = true;
      setTimeout(call, Math.max(0, last + ms - performance.now()));
    }
  };
}

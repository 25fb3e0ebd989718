"use strict";

/** Most runs whose curves are asked for at once. */
const mostCurves = 100;

/** Most runs that are drawn one by one behind the means. */
const mostPaleCurves = 30;

/** Most mask updates that are marked. */
const mostUpdates = 500;

/** Most runs without a curve that are named. */
const mostMissing = 5;

/**
 * What is drawn: which runs, of them what, and how.
 * @typedef {object} CurveSettings
 * @property {string} metric Empty for the first there is.
 * @property {string} where
 * @property {string[]} by
 * @property {boolean} logX
 * @property {boolean} logY
 * @property {number} smoothing
 * @property {string[]} runs Those of the address.
 */

/**
 * A line of the plot: a run, or runs whose mean it is.
 * @typedef {{ name: string, curves: Curve[] }} CurveGroup
 */

/**
 * The runs that are wanted, and what is said of them.
 * @typedef {{ runs: Run[], unknown: string[], why: "address" | "chosen" | "where" }} WantedRuns
 */

/**
 * @param {URLSearchParams} settings
 * @returns {CurveSettings}
 */
function readCurveSettings(settings) {
  const list = (/** @type {string} */ name) => (settings.get(name) ?? "").split(",").filter(part => part !== "");
  const log = list("log");
  const smoothing = Number(settings.get("smoothing") ?? 0);

  return {
    metric: settings.get("metric") ?? "",
    where: settings.get("where") ?? app.where,
    by: settings.has("by") ? list("by") : app.by,
    logX: log.includes("x"),
    logY: log.includes("y"),
    smoothing: smoothing >= 0 && smoothing <= 0.99 ? smoothing : 0,
    runs: list("runs"),
  };
}

/** @param {CurveSettings} settings */
function curvesAddress(settings) {
  const log = [settings.logX ? "x" : "", settings.logY ? "y" : ""].filter(axis => axis !== "").join(",");

  // What the list was narrowed by holds where an address says nothing: then no condition is an empty text.
  const entries = [
    { name: "metric", value: settings.metric, otherwise: "" },
    { name: "where", value: settings.where, otherwise: app.where },
    { name: "by", value: settings.by.join(","), otherwise: app.by.join(",") },
    { name: "log", value: log, otherwise: "" },
    { name: "smoothing", value: settings.smoothing === 0 ? "" : String(settings.smoothing), otherwise: "" },
    { name: "runs", value: settings.runs.join(","), otherwise: "" },
  ];

  const given = entries.filter(({ value, otherwise }) => value !== "" || otherwise !== "").map(({ name, value }) => [name, value]);
  return given.length > 0 ? `#/curves?${new URLSearchParams(given)}` : "#/curves";
}

/**
 * The runs of the address, else those that are chosen, else those that the conditions accept.
 * @param {CurveSettings} settings
 * @returns {WantedRuns}
 */
function wantedRuns(settings) {
  const all = [...app.runs.values()];

  if (settings.runs.length > 0) {
    const runs = settings.runs.flatMap(name => app.runs.get(name) ?? []);
    return { runs, unknown: settings.runs.filter(name => !app.runs.has(name)), why: "address" };
  }

  if (app.chosen.size > 0) {
    return { runs: all.filter(run => app.chosen.has(run.name)), unknown: [], why: "chosen" };
  }

  const conditions = parseWhere(settings.where);
  requireFields(all, conditions.map(condition => condition.field));
  return { runs: all.filter(run => matches(run, conditions)), unknown: [], why: "where" };
}

/**
 * The metrics that any of the runs has, in alphabetical order.
 * @param {Run[]} runs
 */
function metricsOf(runs) {
  return [...new Set(runs.flatMap(run => run.metrics))].sort();
}

/**
 * Offers metrics in a select, and returns the one that is chosen: the wanted one, or else the accuracy, or else the first.
 * @param {HTMLSelectElement} select
 * @param {string[]} metrics
 * @param {string} wanted
 */
function offerMetrics(select, metrics, wanted) {
  const usual = metrics.includes("test_accuracy") ? "test_accuracy" : (metrics[0] ?? "");
  const chosen = wanted === "" ? usual : wanted;
  const offered = chosen === "" || metrics.includes(chosen) ? metrics : [chosen, ...metrics];

  if ([...select.options].map(option => option.value).join("\n") !== offered.join("\n")) {
    select.replaceChildren(...offered.map(metric => h("option", { value: metric }, metric)));
  }

  select.value = chosen;
  return chosen;
}

/**
 * The curves as lines: by what the runs have in common, or each on its own.
 * @param {Curve[]} curves
 * @param {string[]} by
 * @returns {CurveGroup[]}
 */
function groupsOf(curves, by) {
  if (by.length === 0) {
    return curves.map(curve => ({ name: curve.run, curves: [curve] }));
  }

  /** @type {Map<string, Curve[]>} */
  const groups = new Map();

  for (const curve of curves) {
    const run = app.runs.get(curve.run);
    const name = by.map(field => (run && groupValue(run, field)) || missingText).join(" ");
    groups.set(name, [...(groups.get(name) ?? []), curve]);
  }

  return [...groups].map(([name, own]) => ({ name, curves: own }));
}

/** @param {string} name */
function hasCollapsed(name) {
  return app.runs.get(name)?.collapsed ?? false;
}

/**
 * @param {Curve} curve
 * @param {number} smoothing
 */
function smoothedCurve(curve, smoothing) {
  return { ...curve, values: smoothed(curve.values, smoothing) };
}

/**
 * The pattern of a line that is not one of a collapsed run.
 * @param {number} index
 */
function dashOf(index) {
  return Math.floor(index / lightColors.series.length) % collapsedDash;
}

/**
 * A run as a line, with the values before smoothing behind it.
 * @param {Curve} curve
 * @param {number} index
 * @param {number} smoothing
 * @returns {Series[]}
 */
function runSeries(curve, index, smoothing) {
  const collapsed = hasCollapsed(curve.run);
  const name = collapsed ? `${curve.run} (collapsed)` : curve.run;

  /** @type {Series} */
  const line = { name, kind: "line", x: curve.steps, y: smoothed(curve.values, smoothing), color: index, dash: collapsed ? collapsedDash : dashOf(index) };
  return smoothing === 0 ? [line] : [{ ...line, y: curve.values, pale: true, part: name, dash: 0 }, line];
}

/**
 * A group as its mean with a band, and behind it its runs, or with smoothing the mean before it.
 * @param {CurveGroup} group
 * @param {number} index
 * @param {number} smoothing
 * @param {boolean} withRuns
 * @returns {Series[]}
 */
function groupSeries(group, index, smoothing, withRuns) {
  const collapsed = group.curves.filter(curve => hasCollapsed(curve.run)).length;
  const name = `${group.name} (${count(group.curves.length)} ${group.curves.length === 1 ? "run" : "runs"}${collapsed > 0 ? `, ${count(collapsed)} collapsed` : ""})`;
  const { steps, mean, ...interval } = groupCurves(group.curves.map(curve => smoothedCurve(curve, smoothing)));

  /** @type {Series} */
  const line = { name, kind: "line", x: steps, y: mean, color: index, dash: dashOf(index), interval };

  const runs = withRuns ? group.curves.map(curve => {
    const [y, dash] = [smoothed(curve.values, smoothing), hasCollapsed(curve.run) ? collapsedDash : 0];
    return /** @type {Series} */ ({ name: curve.run, kind: "line", x: curve.steps, y, color: index, dash, pale: true, part: name });
  }) : [];

  const before = smoothing === 0 ? null : groupCurves(group.curves);

  /** @type {Series[]} */
  const raw = before ? [{ name: `${name}, not smoothed`, kind: "line", x: before.steps, y: before.mean, color: index, pale: true, part: name }] : [];
  return [...runs, ...raw, line];
}

/**
 * The mask updates of curves as ticks along the bottom, as far as the steps that are drawn go.
 * @param {Curve[]} curves
 * @returns {Series[]}
 */
function updateSeries(curves) {
  const steps = [...new Set(curves.flatMap(curve => curve.updates))].sort((one, two) => one - two);
  const every = Math.ceil(steps.length / mostUpdates);
  const marked = steps.filter((_, index) => index % every === 0);
  return marked.length > 0 ? [{ name: marked.length < steps.length ? `mask updates, each ${every}th` : "mask updates", kind: "ticks", x: marked, y: [], color: 0 }] : [];
}

/**
 * What is plotted, as a table: means where the runs are grouped, else the values of the runs.
 * @param {CurveGroup[]} groups
 * @param {boolean} grouped
 * @param {number} smoothing
 * @returns {{ headers: string[], rows: (string | number | null)[][] }}
 */
function plottedRows(groups, grouped, smoothing) {
  if (!grouped) {
    const rows = groups.flatMap(({ curves }) =>
      curves.flatMap(curve => {
        const values = smoothed(curve.values, smoothing);
        return curve.steps.map((step, index) => [curve.run, step, values[index]]);
      }),
    );

    return { headers: ["run", "step", "value"], rows };
  }

  const rows = groups.flatMap(({ name, curves }) => {
    const { steps, mean, lower, upper, n } = groupCurves(curves.map(curve => smoothedCurve(curve, smoothing)));
    return steps.map((step, index) => [name, step, mean[index], lower[index], upper[index], n[index]]);
  });

  return { headers: ["group", "step", "mean", "lower", "upper", "runs"], rows };
}

/**
 * A table of values for reading: steps and numbers of runs whole, values to six digits.
 * @param {{ headers: string[], rows: (string | number | null)[][] }} table
 */
function readable({ headers, rows }) {
  const cell = (/** @type {string | number | null} */ value, /** @type {number} */ column) =>
    typeof value === "string" ? value : headers[column] === "step" || headers[column] === "runs" ? count(value) : significant(value, 6);

  return {
    headers: headers.map(text => ({ text, numeric: text !== "run" && text !== "group" })),
    rows: rows.map(row => row.map(cell)),
  };
}

/**
 * Draws curves with their mask updates in a place on the page, each under a name of its own.
 * @param {HTMLElement} place
 * @param {string} title
 * @param {{ name: string, curve: Curve }[]} lines
 * @param {number} height
 */
function drawRunCurves(place, title, lines, height) {
  const curves = lines.map(line => line.curve);
  const series = lines.map(({ name, curve }, index) => /** @type {Series} */ ({ name, kind: "line", x: curve.steps, y: curve.values, color: index, dash: hasCollapsed(curve.run) ? collapsedDash : 0 }));

  drawPlot(place, [...series, ...updateSeries(curves)], {
    label: title,
    x: "step",
    y: "",
    height,
    key: title,
    table: () =>
      readable({ headers: ["run", "step", "value"], rows: lines.flatMap(({ name, curve }) => curve.steps.map((step, index) => [name, step, curve.values[index]])) }),
  });
}

/**
 * Says what is shown and what is not.
 * @param {Curves} answer
 * @param {WantedRuns} wanted
 * @param {number} asked
 * @param {CurveSettings} settings
 */
function curveNotes(answer, wanted, asked, settings) {
  const without = wanted.runs.filter(run => !run.metrics.includes(settings.metric));

  const missing = [
    ...answer.missing,
    ...without.map(run => ({ run: run.name, reason: `it has no ${settings.metric}` })),
    ...wanted.unknown.map(run => ({ run, reason: "it is not in the folder" })),
  ];

  const having = wanted.runs.length - without.length;
  const collapsed = answer.curves.filter(curve => hasCollapsed(curve.run)).length;
  const thinned = answer.curves.filter(curve => curve.every > 1);
  const rest = missing.length - mostMissing;

  return [
    having > asked ? `${count(having)} runs have this metric. The first ${asked} are shown; narrow the condition to see others.` : "",
    collapsed > 0 ? `Collapsed: ${count(collapsed)} of ${count(answer.curves.length)} runs. Collapsed runs end about where guessing does, and their lines are dashed.` : "",
    thinned.length > 0 ? `Not every step is shown: ${count(thinned.length)} curves have every ${count(Math.max(...thinned.map(curve => curve.every)))}th row or more.` : "",
    settings.logX ? "A logarithmic axis has no step 0." : "",
    missing.length > 0
      ? `Not shown: ${missing.slice(0, mostMissing).map(({ run, reason }) => `${shownText(run)} (${reason})`).join("; ")}${rest > 0 ? `; and ${count(rest)} more` : ""}.`
      : "",
  ].filter(note => note !== "");
}

/** The view of curves. @type {View} */
const curvesView = (() => {
  /** @type {(changed: Set<string>) => void} */
  let hear = () => undefined;

  /** Whether mask updates are marked; the view keeps it. */
  let updatesMarked = true;

  /**
   * @param {HTMLElement} place
   * @param {Address} address
   */
  function show(place, address) {
    const settings = readCurveSettings(address.settings);
    const heading = h("h2", {}, "Curves");
    const source = h("p", { class: "muted" });
    const notes = h("div");
    const chart = h("div");
    const problem = h("p", { class: "error", role: "status", hidden: true });

    /** @type {{ answer: Curves, wanted: WantedRuns, asked: string[] } | null} */
    let shown = null;

    const change = () => app.go(curvesAddress(settings), true);

    /** @param {() => void} next */
    const changeAnd = next => () => {
      change();
      next();
    };

    const metric = h("select", { id: "curves-metric" });
    const where = h("input", { id: "curves-where", type: "text", value: settings.where, size: 28, spellcheck: "false", autocomplete: "off" });
    const by = h("input", { id: "curves-by", type: "text", value: settings.by.join(","), size: 16, spellcheck: "false", autocomplete: "off" });
    const checkbox = (/** @type {string} */ text, /** @type {boolean} */ checked, /** @type {(on: boolean) => void} */ set) => {
      const box = h("input", { type: "checkbox", checked });
      box.addEventListener("change", () => set(box.checked));
      return h("label", {}, box, ` ${text}`);
    };

    const smoothing = h("input", { type: "range", min: 0, max: 0.99, step: 0.01, value: settings.smoothing });
    const smoothingShown = h("output", {}, settings.smoothing.toFixed(2));

    /** @returns {CurveGroup[]} */
    const groups = () => groupsOf(shown?.answer.curves ?? [], settings.by);

    const saveCsv = () => {
      const { headers, rows } = plottedRows(groups(), settings.by.length > 0, settings.smoothing);
      download(`${settings.metric}.csv`, csvBlob(headers, rows));
    };

    /** @param {"svg" | "page"} form */
    const saveFigure = async form => {
      const figured = groups().map(({ name, curves }) => ({ name, runs: curves.map(curve => curve.run) }));
      const { logX, logY } = settings;

      try {
        const file = await app.source.figure({ form, metric: settings.metric, groups: figured, logX, logY, smoothing: settings.smoothing });
        download(`${settings.metric}.${form === "svg" ? "svg" : "html"}`, file);
      } catch (error) {
        app.say(sentenceOf(error));
      }
    };

    const offline = app.source.live ? null : "SVG and Page need the program that draws figures. Start browse.fsx on the folder of the runs.";
    const csvButton = button("CSV", saveCsv);
    const figureButtons = [button("SVG", () => saveFigure("svg")), button("Page", () => saveFigure("page"))];

    const draw = () => {
      if (!shown) {
        return;
      }

      const { answer, wanted, asked } = shown;
      const { metric: name, logX, logY, by: fields } = settings;
      const own = groups();
      const grouped = fields.length > 0;
      const withRuns = answer.curves.length <= mostPaleCurves;
      const number = `${count(answer.curves.length)} ${answer.curves.length === 1 ? "run" : "runs"}`;
      const title = name === "" ? "Curves" : `${name} of ${number}${grouped ? ` by ${fields.join(", ")}` : ""}`;

      const series = own.flatMap((group, index) =>
        grouped ? groupSeries(group, index, settings.smoothing, withRuns) : runSeries(group.curves[0], index, settings.smoothing),
      );

      heading.textContent = title;
      document.title = `${title} – ${app.root}`;
      notes.replaceChildren(...curveNotes(answer, wanted, asked.length, settings).map(note => h("p", { class: "muted" }, note)));
      csvButton.disabled = own.length === 0;
      figureButtons.forEach(one => (one.disabled = own.length === 0 || offline !== null));

      if (own.length === 0) {
        chart.replaceChildren(h("p", { class: "muted" }, "There is no curve to show."));
        return;
      }

      drawPlot(chart, [...series, ...(updatesMarked ? updateSeries(answer.curves) : [])], {
        label: `${title}${grouped ? ", mean and 80% interval" : ""}`,
        x: "step",
        y: name,
        logX,
        logY,
        height: 460,
        key: `${name} ${logX} ${logY}`,
        table: () => readable(plottedRows(groups(), grouped, settings.smoothing)),
      });
    };

    /** @param {WantedRuns} wanted */
    const saySource = wanted => {
      const number = `${count(wanted.runs.length)} ${wanted.runs.length === 1 ? "run" : "runs"}`;

      const drop = () => {
        settings.runs = [];
        app.chosen.clear();
        changeAnd(refresh)();
        where.focus();
      };

      const all = button("Show those that the condition accepts", drop);
      const words = { address: `${number}, named by the address. `, chosen: `${number}, chosen in the list. `, where: `${number}, accepted by the condition.` };
      source.replaceChildren(words[wanted.why], ...(wanted.why === "where" ? [] : [all]));
    };

    const refresh = () => {
      try {
        const wanted = wantedRuns(settings);
        requireFields([...app.runs.values()], settings.by);
        settings.metric = offerMetrics(metric, metricsOf(wanted.runs), settings.metric);
        const asked = wanted.runs.filter(run => run.metrics.includes(settings.metric)).slice(0, mostCurves).map(run => run.name);
        const none = { metric: settings.metric, curves: [], missing: [] };
        problem.hidden = true;
        saySource(wanted);

        fillFrom(chart, () => (asked.length > 0 ? app.source.curves(settings.metric, asked) : Promise.resolve(none)), answer => {
          shown = { answer, wanted, asked };
          draw();
        });
      } catch (error) {
        problem.textContent = sentenceOf(error);
        problem.hidden = false;
      }
    };

    metric.addEventListener("change", () => {
      settings.metric = metric.value;
      changeAnd(refresh)();
    });

    const narrow = debounce(() => {
      if (!heading.isConnected) {
        return;
      }

      settings.where = where.value;
      settings.by = by.value.split(",").map(field => field.trim()).filter(field => field !== "");
      changeAnd(refresh)();
    }, 400);

    where.addEventListener("input", narrow);
    by.addEventListener("input", narrow);

    smoothing.addEventListener("input", () => {
      settings.smoothing = Number(smoothing.value);
      smoothingShown.textContent = settings.smoothing.toFixed(2);
      changeAnd(draw)();
    });

    const logX = checkbox("logarithmic steps", settings.logX, on => {
      settings.logX = on;
      changeAnd(draw)();
    });

    const logY = checkbox("logarithmic values", settings.logY, on => {
      settings.logY = on;
      changeAnd(draw)();
    });

    const updates = checkbox("mask updates", updatesMarked, on => {
      updatesMarked = on;
      draw();
    });

    if (offline !== null) {
      figureButtons.forEach(one => {
        one.disabled = true;
        one.title = offline;
      });
    }

    place.append(
      heading,
      h(
        "div",
        { class: "controls" },
        h("label", {}, "Metric ", metric),
        h("label", {}, "Runs where ", where),
        h("label", {}, "Group by ", by),
        logX,
        logY,
        updates,
        h("label", {}, h("span", {}, "Smoothing ", smoothingShown), smoothing),
      ),
      problem,
      source,
      h("div", { class: "figure-buttons", role: "group", "aria-label": "Save what is plotted" }, csvButton, ...figureButtons),
      ...(offline === null ? [] : [h("p", { class: "muted" }, offline)]),
      chart,
      notes,
    );

    const refreshSoon = atMostEvery(() => {
      if (heading.isConnected) {
        refresh();
      }
    }, 1000);

    hear = changed => {
      let now = new Set(shown?.asked);

      try {
        now = new Set([...now, ...wantedRuns(settings).runs.map(run => run.name)]);
      } catch {
        // The condition is being written, and what is wrong with it is already said.
      }

      if ([...changed].some(name => now.has(name))) {
        refreshSoon();
      }
    };

    refresh();
  }

  return { show, update: changed => hear(changed) };
})();

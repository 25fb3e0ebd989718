"use strict";

/**
 * The command that compares two runs in full.
 * @param {string} first
 * @param {string} second
 */
function compareCommand(first, second) {
  return `${app.compare} ${shellQuoted(`runs=${app.root}`)} ${shellQuoted(`where=run=${first},${second}`)}`;
}

/**
 * @param {string} first
 * @param {string} second
 */
function pairAddress(first, second) {
  return `#/pair/${encodeURIComponent(first)}/${encodeURIComponent(second)}`;
}

/**
 * The settings in which two plans differ, as a table.
 * @param {Pair} pair
 */
function planDifferenceTable(pair) {
  return pair.plan.length === 0
    ? h("p", {}, "The plans have the same settings.")
    : dataTable(
        `${count(pair.plan.length)} ${pair.plan.length === 1 ? "setting differs" : "settings differ"}`,
        [{ text: "setting" }, { text: "first" }, { text: "second" }],
        pair.plan.map(({ setting, first, second }) => [setting, first, second]),
      );
}

/**
 * The active weights of two runs layer by layer, and how many of them random masks of the same sizes would share.
 * @param {Pair} pair
 */
function overlapParts(pair) {
  const numeric = (/** @type {string} */ text) => ({ text, numeric: true });
  const share = (/** @type {number} */ both, /** @type {number} */ most) => percent(most > 0 ? both / most : null);
  const problem = pair.masksProblem === null ? [] : [h("p", { class: "muted" }, pair.masksProblem)];

  if (pair.masks === null) {
    return problem.length > 0 ? problem : [h("p", { class: "muted" }, "The masks cannot be compared.")];
  }

  const rows = pair.masks.map(({ layer, weights, first, second, both, chance }) => {
    const most = Math.min(first, second);
    return [layer, count(weights), count(first), count(second), count(both), share(both, most), count(Math.round(chance)), share(chance, most)];
  });

  const headers = [{ text: "layer" }, ...["weights", "active in first", "active in second", "active in both", "overlap", "both by chance", "overlap by chance"].map(numeric)];

  return [
    ...problem,
    dataTable(`Masks of the first at step ${count(pair.firstStep)} and of the second at step ${count(pair.secondStep)}`, headers, rows),
    h("p", { class: "muted" }, "Overlap: active in both, as a share of the smaller mask. By chance: what two random masks of these sizes have in common on average."),
  ];
}

/** The view of two runs side by side. @type {View} */
const pairView = (() => {
  /** @type {(changed: Set<string>) => void} */
  let hear = () => undefined;

  /**
   * The choice of two runs by their names.
   * @param {string} first
   * @param {string} second
   */
  function chooser(first, second) {
    const names = h("datalist", { id: "pair-names" }, [...app.runs.keys()].map(name => h("option", { value: name })));
    const field = (/** @type {string} */ value, /** @type {string} */ id) => h("input", { id, type: "text", list: "pair-names", value, size: 36, style: "max-width:100%", spellcheck: "false", autocomplete: "off" });
    const [one, two] = [field(first, "pair-first"), field(second, "pair-second")];

    const compare = (/** @type {Event} */ event) => {
      event.preventDefault();
      const missing = [one, two].find(input => !app.runs.has(input.value.trim()));

      if (missing) {
        app.say(missing.value.trim() === "" ? "Name two runs." : `There is no run '${shownText(missing.value.trim())}' in this folder.`);
        missing.focus();
      } else {
        app.say("");
        app.go(pairAddress(one.value.trim(), two.value.trim()));
      }
    };

    const swap = button("Swap", () => {
      [one.value, two.value] = [two.value, one.value];

      if (app.runs.has(one.value) && app.runs.has(two.value)) {
        app.go(pairAddress(one.value, two.value));
      }
    });

    return h(
      "form",
      { class: "controls", onsubmit: compare },
      h("label", {}, "First run ", one),
      h("label", {}, "Second run ", two),
      h("button", { type: "submit" }, "Compare"),
      swap,
      names,
    );
  }

  /**
   * @param {HTMLElement} place
   * @param {string} first
   * @param {string} second
   */
  function showPair(place, first, second) {
    const select = h("select", { id: "pair-metric" });
    const chart = h("div");
    const plan = h("div");
    const masks = h("div");
    const command = h("input", { type: "text", readonly: true, value: compareCommand(first, second), size: 60, style: "max-width:100%", onfocus: () => command.select() });

    const copy = copyButton("Copy the compare.fsx command", () => {
      command.select();
      return command.value;
    });

    /** @type {Promise<Pair> | null} */
    let asked = null;

    const ask = () => {
      asked ??= app.source.pair(first, second).catch(error => {
        asked = null;
        throw error;
      });

      return asked;
    };

    const compare = () => {
      fillFrom(plan, ask, pair => plan.replaceChildren(planDifferenceTable(pair)));
      fillFrom(masks, ask, pair => masks.replaceChildren(...overlapParts(pair)));
    };

    const plot = () => {
      const runs = [first, second].flatMap(name => app.runs.get(name) ?? []);
      const metric = offerMetrics(select, metricsOf(runs), select.value);

      if (metric === "") {
        chart.replaceChildren(h("p", { class: "muted" }, "The runs have no metrics yet."));
        return;
      }

      fillFrom(chart, () => app.source.curves(metric, [first, second]), ({ curves, missing }) => {
        const lines = [first, second].flatMap((name, place) =>
          curves.filter(curve => curve.run === name).slice(0, 1).map(curve => ({ name: `${place === 0 ? "first" : "second"}: ${name}`, curve })),
        );

        note.textContent = missing.map(({ run, reason }) => `Not shown: ${shownText(run)} (${reason}).`).join(" ");

        if (lines.length > 0) {
          drawRunCurves(chart, `${metric} of both runs`, lines, 420);
        } else {
          chart.replaceChildren(h("p", { class: "muted" }, "There is no curve to show."));
        }
      });
    };

    const note = h("p", { class: "muted" });
    select.addEventListener("change", plot);

    place.append(
      h("ul", { style: "overflow-wrap:anywhere" }, h("li", {}, "First: ", runLink(first)), h("li", {}, "Second: ", runLink(second))),
      h("h3", {}, "Plans"),
      plan,
      h("h3", {}, "Curves"),
      h("div", { class: "controls" }, h("label", {}, "Metric ", select)),
      chart,
      note,
      h("h3", {}, "Masks"),
      masks,
      h("h3", {}, "Full comparison"),
      h("p", { class: "muted" }, "compare.fsx compares weights, signs, predictions and straight lines as well."),
      h("div", { class: "controls" }, h("label", {}, "Command ", command), copy),
    );

    compare();
    plot();

    const refreshSoon = atMostEvery(() => {
      if (chart.isConnected) {
        asked = null;
        compare();
        plot();
      }
    }, 1000);

    hear = changed => {
      if (changed.has(first) || changed.has(second)) {
        refreshSoon();
      }
    };
  }

  /**
   * @param {HTMLElement} place
   * @param {Address} address
   */
  function show(place, address) {
    const [first, second] = address.path.length >= 2 ? address.path : [...app.chosen, "", ""];
    hear = () => undefined;
    place.append(h("h2", {}, "Two runs side by side"), chooser(first, second));

    if (address.path.length >= 2) {
      const body = h("div");
      place.append(body);
      showPair(body, first, second);
    } else {
      place.append(h("p", { class: "muted" }, "Name two runs to see how their plans, curves and masks differ."));
    }
  }

  return { show, update: changed => hear(changed) };
})();

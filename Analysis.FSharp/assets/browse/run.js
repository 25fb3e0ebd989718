"use strict";

/** The plots of a run, as far as it has their metrics. */
const overviewPlots = [
  { title: "test_accuracy", metrics: ["test_accuracy"] },
  { title: "test_loss", metrics: ["test_loss"] },
  { title: "gradient_norm", metrics: ["gradient_norm"] },
  { title: "active_weights", metrics: ["active_weights"] },
  { title: "connectivity", metrics: ["dead_neurons", "effective_active_weights"] },
  { title: "mask_churn", metrics: ["mask_churn"] },
];

/**
 * A part of the view of a run, under a tab. It is built when it is first shown; `refresh` is called when the run has changed, and it is shown.
 * @typedef {object} RunTab
 * @property {string} id
 * @property {string} label
 * @property {(panel: HTMLElement) => (() => void)} build Returns refresh.
 */

/**
 * How far a run came, and who makes it.
 * @param {Run} run
 */
function runState(run) {
  const done = run.step !== null && run.steps !== null && run.steps > 0;
  const left = run.status === "running" && run.left !== null ? `, ${duration(run.left)} left` : "";
  const holder = run.holder;

  const made = holder
    ? `Made by process ${holder.process} on ${holder.host}${holder.here ? " (this machine)" : ""}${holder.job === null ? "" : `, Slurm job ${holder.job}`}, since ${moment(holder.since)}.`
    : null;

  return [
    h(
      "p",
      {},
      statusBadge(run.status),
      run.collapsed ? " collapsed: its last accuracy is about that of guessing" : null,
      done ? [" ", h("progress", { max: run.steps, value: run.step, "aria-label": "Steps done", style: "width:14rem" }), ` ${count(run.step)} of ${count(run.steps)} steps${left}`] : null,
    ),
    made === null ? null : h("p", { class: "muted" }, made),
    run.sentence === null ? null : h("p", { class: "error" }, run.sentence),
  ].filter(part => part !== null);
}

/**
 * What a run is, in pairs of a word and a value.
 * @param {Run} run
 */
function runFacts(run) {
  /** @type {[string, string | null][]} */
  const facts = [
    ["Method", run.method],
    ["Network", run.network],
    ["Data", run.data],
    ["Sparsity", run.sparsity === null ? null : percent(run.sparsity)],
    ["Seed", run.seed],
    ["Steps", run.steps === null ? null : count(run.steps)],
    ["Test accuracy", run.test_accuracy === null ? null : `${percent(run.test_accuracy)} (best ${percent(run.best_test_accuracy)})`],
    ["Active weights", run.active_weights === null ? null : `${count(run.active_weights)} of ${count(run.weights)}`],
    ["Time", run.seconds === null ? null : duration(run.seconds)],
    ["Started", run.started === null ? null : moment(run.started)],
    ["Code", run.code],
    ["Machine", run.machine],
    ["Engine", run.engine],
  ];

  const style = "display:grid;grid-template-columns:repeat(auto-fill,minmax(min(10rem,100%),1fr));gap:.4em 1.2em;margin:.6em 0";
  const known = facts.filter(([, value]) => value !== null);
  return h("dl", { style }, known.map(([word, value]) => h("div", {}, h("dt", { class: "muted" }, word), h("dd", { style: "margin:0;overflow-wrap:anywhere" }, value))));
}

/**
 * A text of several lines that scrolls by itself.
 * @param {string} label
 * @param {string} text
 */
function textBlock(label, text) {
  return h("pre", { class: "scroll", role: "region", tabindex: "0", "aria-label": label }, text);
}

/** @param {string} name */
function overviewTab(name) {
  /** @param {HTMLElement} panel */
  const build = panel => {
    const none = h("p", { class: "muted" }, "This run has no metrics yet.");
    const select = h("select");
    const other = h("div");
    const grid = h("div", { class: "grid" });

    const parts = overviewPlots.map(({ title, metrics }) => {
      const place = h("div");
      const part = h("section", { class: "panel", style: "min-width:0" }, h("h3", {}, title), place);
      grid.append(part);
      return { title, metrics, place, part };
    });

    /**
     * @param {HTMLElement} place
     * @param {string} title
     * @param {string[]} metrics
     */
    const plot = (place, title, metrics) => {
      const ask = async () => {
        const answers = await Promise.all(metrics.map(metric => app.source.curves(metric, [name])));
        const lines = answers.flatMap(({ metric, curves }) => curves.map(curve => ({ name: metric, curve })));

        if (lines.length === 0) {
          throw new Error(`There is no curve: ${answers[0].missing.map(({ reason }) => reason).join("; ")}.`);
        }

        return lines;
      };

      fillFrom(place, ask, lines => drawRunCurves(place, `${title} of ${name}`, lines, 300));
    };

    const plotOther = () => {
      if (select.value === "") {
        other.replaceChildren();
      } else {
        plot(other, select.value, [select.value]);
      }
    };

    const otherPart = h("section", { class: "panel", style: "min-width:0" }, h("h3", {}, "Any other metric"), h("div", { class: "controls" }, h("label", {}, "Metric ", select)), other);
    grid.append(otherPart);

    const refresh = () => {
      const own = app.runs.get(name)?.metrics ?? [];
      const rest = own.filter(metric => !overviewPlots.some(({ metrics }) => metrics.includes(metric))).sort();
      const before = select.value;
      select.replaceChildren(h("option", { value: "" }, "none"), ...rest.map(metric => h("option", { value: metric }, metric)));
      select.value = rest.includes(before) ? before : "";
      none.hidden = own.length > 0;
      otherPart.hidden = rest.length === 0;

      for (const { title, metrics, place, part } of parts) {
        const there = metrics.filter(metric => own.includes(metric));
        part.hidden = there.length === 0;

        if (there.length > 0) {
          plot(place, title, there);
        }
      }

      plotOther();
    };

    select.addEventListener("change", () => {
      other.replaceChildren();
      plotOther();
    });

    panel.append(none, grid);
    refresh();
    return refresh;
  };

  return { id: "overview", label: "Overview", build };
}

/**
 * @param {string} name
 * @param {() => Promise<RunDetails>} details
 */
function planTab(name, details) {
  /** @param {HTMLElement} panel */
  const build = panel => {
    fillFrom(panel, details, ({ plan, command, commandNote }) => {
      const settings = Object.entries(app.runs.get(name)?.settings ?? {});

      panel.replaceChildren(
        h("h3", {}, "Command"),
        ...(command === null
          ? [h("p", { class: "muted" }, commandNote ?? "No script's settings give this plan.")]
          : [textBlock("Command that makes the run again", command), copyButton("Copy the command", () => command)]),
        h("h3", {}, "Settings"),
        dataTable("Settings of the plan", [{ text: "setting" }, { text: "value" }], settings),
        h("h3", {}, "plan.json"),
        copyButton("Copy the plan", () => plan),
        textBlock("The plan as its file has it", plan),
      );
    });

    return () => undefined; // a plan never changes
  };

  return { id: "plan", label: "Plan", build };
}

/**
 * @param {string} name
 * @param {() => Promise<RunDetails>} details
 */
function lineageTab(name, details) {
  /** @param {HTMLElement} panel */
  const build = panel => {
    const refresh = () => fillFrom(panel, details, ({ parents }) => drawLineage(panel, name, parents));
    refresh();
    return refresh;
  };

  return { id: "lineage", label: "Lineage", build };
}

/** @param {() => Promise<RunDetails>} details */
function checkpointsTab(details) {
  const headers = [{ text: "step", numeric: true }, { text: "size", numeric: true }, { text: "hash (SHA-256)" }, { text: "problem" }];

  const hash = (/** @type {SavedCheckpoint} */ { step, hash }) =>
    hash === null
      ? missingText
      : h("span", {}, h("code", { title: hash }, hash.slice(0, 12)), " ", copyButton("Copy", () => hash, { "aria-label": `Copy the hash of the checkpoint at step ${step}` }));

  /** @param {HTMLElement} panel */
  const build = panel => {
    const refresh = () =>
      fillFrom(panel, details, ({ checkpoints }) => {
        const rows = checkpoints.map(one => [count(one.step), bytes(one.bytes), hash(one), one.problem ?? ""]);
        panel.replaceChildren(rows.length > 0 ? dataTable("Checkpoints", headers, rows) : h("p", { class: "muted" }, "This run has no checkpoint yet."));
      });

    refresh();
    return refresh;
  };

  return { id: "checkpoints", label: "Checkpoints", build };
}

/**
 * @param {string} name
 * @param {() => Promise<RunDetails>} details
 */
function masksTab(name, details) {
  /** @param {HTMLElement} panel */
  const build = panel => {
    /** @type {((details: RunDetails) => void) | null} */
    let change = null;

    const refresh = () =>
      fillFrom(panel, details, now => {
        if (change) {
          change(now);
        } else {
          change = showMasks(panel, name, now);
        }
      });

    refresh();
    return refresh;
  };

  return { id: "masks", label: "Masks", build };
}

/**
 * @param {string} name
 * @param {() => Promise<RunDetails>} details
 */
function verificationTab(name, details) {
  /** @param {HTMLElement} panel */
  const build = panel => {
    const before = h("div");
    const result = h("div", { role: "status" });

    const showResult = (/** @type {Verification} */ found) =>
      result.replaceChildren(h("p", {}, "Result: ", h("strong", {}, found.result)), textBlock("What was found", found.lines.join("\n")));

    if (app.source.live) {
      const verify = button("Verify this run", () => {
        verify.disabled = true;
        result.replaceChildren(h("p", { class: "muted" }, "The run is being verified. This can take as long as making it."));
        fillFrom(result, () => app.source.verify(name).finally(() => (verify.disabled = false)), showResult);
      });

      panel.append(h("p", {}, verify), result, before);
    } else {
      panel.append(result, before);
      app.source.verify(name).then(showResult, error => result.replaceChildren(h("p", { class: "muted" }, sentenceOf(error))));
    }

    const refresh = () =>
      fillFrom(before, details, ({ verified }) =>
        before.replaceChildren(...(verified.length > 0 ? [h("h3", {}, "Earlier verifications"), h("ul", {}, verified.map(line => h("li", {}, line)))] : [])),
      );

    refresh();
    return refresh;
  };

  return { id: "verification", label: "Verification", build };
}

/**
 * Shows tabs and their panels; arrow keys, Home and End move between them.
 * @param {HTMLElement} place
 * @param {string} label
 * @param {RunTab[]} tabs
 * @param {string} first
 * @param {(id: string) => void} chosen Hears which tab the reader has chosen.
 * @returns {() => void} Says that the run has changed.
 */
function showTabs(place, label, tabs, first, chosen) {
  /** @type {Map<string, () => void>} */
  const built = new Map();

  /** @type {Set<string>} */
  const stale = new Set();
  let active = tabs.some(tab => tab.id === first) ? first : tabs[0].id;

  const panels = tabs.map(({ id }) => h("div", { id: `panel-${id}`, role: "tabpanel", "aria-labelledby": `tab-${id}`, tabindex: "0", style: "min-width:0" }));

  const buttons = tabs.map(({ id, label: text }) =>
    button(text, () => choose(id), { id: `tab-${id}`, role: "tab", "aria-controls": `panel-${id}` }),
  );

  const activate = (/** @type {string} */ id) => {
    active = id;

    tabs.forEach((tab, index) => {
      const own = tab.id === id;
      buttons[index].setAttribute("aria-selected", String(own));
      buttons[index].tabIndex = own ? 0 : -1;
      buttons[index].style.cssText = `border-width:0 0 3px;border-radius:0;background:none;padding:.4em .8em;border-color:${own ? "var(--focus)" : "transparent"};font-weight:${own ? 600 : 400}`;
      panels[index].hidden = !own;

      if (own && !built.has(id)) {
        built.set(id, tab.build(panels[index]));
      } else if (own) {
        refitPlots(panels[index]);
      }
    });

    if (stale.delete(id)) {
      built.get(id)?.();
    }
  };

  const choose = (/** @type {string} */ id) => {
    activate(id);
    chosen(id);
  };

  const move = (/** @type {KeyboardEvent} */ event) => {
    const at = tabs.findIndex(tab => tab.id === active);
    const places = { ArrowRight: (at + 1) % tabs.length, ArrowLeft: (at + tabs.length - 1) % tabs.length, Home: 0, End: tabs.length - 1 };

    if (Object.hasOwn(places, event.key)) {
      const to = places[/** @type {keyof typeof places} */ (event.key)];
      event.preventDefault();
      choose(tabs[to].id);
      buttons[to].focus();
    }
  };

  place.append(h("div", { class: "tabs", role: "tablist", "aria-label": label, style: "display:flex;flex-wrap:wrap;margin:.8em 0;border-bottom:1px solid var(--line)", onkeydown: move }, buttons), ...panels);
  activate(active);

  return () => {
    for (const id of built.keys()) {
      stale.add(id);
    }

    activate(active);
  };
}

/** The view of one run. @type {View} */
const runView = (() => {
  /** @type {(changed: Set<string>) => void} */
  let hear = () => undefined;

  /**
   * @param {HTMLElement} place
   * @param {Address} address
   */
  function show(place, address) {
    const name = address.path[0] ?? "";
    const heading = h("h2", { style: "overflow-wrap:anywhere" }, name === "" ? "No run" : name);
    const gone = h("p", { class: "error", role: "status", hidden: true }, "This run is no longer in the folder.");
    const state = h("div");
    const facts = h("div");
    const body = h("div");
    place.append(heading, gone, state, facts, body);

    /** @type {Promise<RunDetails> | null} */
    let asked = null;

    const details = () => {
      asked ??= app.source.details(name).catch(error => {
        asked = null;
        throw error;
      });

      return asked;
    };

    /** @param {Run} run */
    const showHead = run => {
      gone.hidden = true;
      state.replaceChildren(...runState(run));
      facts.replaceChildren(runFacts(run));
    };

    /** @type {(() => void) | null} */
    let refreshTabs = null;

    /** @param {Run} run */
    const begin = run => {
      showHead(run);
      const tabs = [overviewTab(name), planTab(name, details), lineageTab(name, details), checkpointsTab(details), masksTab(name, details), verificationTab(name, details)];
      body.replaceChildren();
      refreshTabs = showTabs(body, `Parts of ${name}`, tabs, address.settings.get("tab") ?? "overview", tab => app.go(`#/run/${encodeURIComponent(name)}?tab=${tab}`, true));
    };

    const run = app.runs.get(name);

    if (run) {
      begin(run);
    } else {
      body.append(h("p", { class: "error" }, name === "" ? "The address names no run. Choose one in the list." : `There is no run '${shownText(name)}' in this folder.`));
    }

    const refreshSoon = atMostEvery(() => {
      if (heading.isConnected && app.runs.has(name)) {
        asked = null;
        refreshTabs?.();
      }
    }, 1000);

    hear = changed => {
      const now = app.runs.get(name);
      const own = changed.has(name);

      if (own && !now) {
        gone.hidden = refreshTabs === null;
      } else if (own && now && !refreshTabs) {
        begin(now);
      } else if (own && now) {
        showHead(now);
      }

      if (refreshTabs && (own || [...changed].some(one => app.runs.get(one)?.parents.includes(name)))) {
        refreshSoon();
      }
    };
  }

  return { show, update: changed => hear(changed) };
})();

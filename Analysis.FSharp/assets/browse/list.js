"use strict";

// The list of all runs, or of groups of them: conditions, columns, order, pages, and the runs that the reader chooses.
// All that it shows is said by its address; what the reader changes is written there first. Updates write only the cells that are not as before.

/**
 * A column of the list. `value` is what it is sorted by and what a CSV file holds; `text` changes whenever what is shown does; `show` gives elements in place of the text.
 * @template Item
 * @typedef {{ id: string, label: string, numeric: boolean, value: (item: Item) => string | number | null, text: (item: Item) => string, show?: (item: Item) => Child }} Column
 */

/** @typedef {{ key: string, values: string[], runs: Run[] }} Group Runs that have the same values of the fields that the list is grouped by. */

/** @typedef {{ where: string, status: string[], by: string[], columns: string[], sort: string, page: number }} ListState What the list's address says. */

/** @typedef {{ row: HTMLTableRowElement, texts: string[], box: HTMLInputElement | null }} ListRow */

const pageLength = 100;
const columnsKey = "browse.columns";
const defaultColumns = [
  "run", "status", "progress", "test_accuracy", "best_test_accuracy", "method", "initialiser", "sparsity", "seed", "active_weights", "left", "network", "data",
];

/**
 * A column of words.
 * @param {string} id
 * @param {string} label
 * @param {(run: Run) => string | null} value
 * @returns {Column<Run>}
 */
function wordColumn(id, label, value) {
  return { id, label, numeric: false, value, text: run => value(run) ?? missingText };
}

/**
 * A column of numbers.
 * @param {string} id
 * @param {string} label
 * @param {(run: Run) => number | null} value
 * @param {(value: number | null) => string} written
 * @returns {Column<Run>}
 */
function numberColumn(id, label, value, written) {
  return { id, label, numeric: true, value, text: run => written(value(run)) };
}

/**
 * Who makes a run: "node1, process 42, job 1234_5".
 * @param {Holder} holder
 */
function holderText(holder) {
  return `${holder.host}, process ${holder.process}${holder.job === null ? "" : `, job ${holder.job}`}`;
}

/**
 * What is to be known of a status besides its word.
 * @param {Run} run
 */
function statusNote(run) {
  return run.sentence ?? (run.holder ? holderText(run.holder) : run.collapsed ? "collapsed" : "");
}

/**
 * How far a run came, in words.
 * @param {Run} run
 */
function progressText(run) {
  if (run.steps === null) return run.step === null ? missingText : `step ${count(run.step)}`;
  if (run.status === "finished") return `${count(run.steps)} steps`;
  return `step ${count(run.step ?? 0)} of ${count(run.steps)}${run.left === null || listState.columns.includes("left") ? "" : `, ${duration(run.left)} left`}`;
}

/** @type {Column<Run>[]} */
const runColumns = [
  { id: "run", label: "run", numeric: false, value: run => run.name, text: run => run.name, show: run => runLink(run.name) },
  {
    id: "status",
    label: "status",
    numeric: false,
    value: run => run.status,
    text: run => `${run.status} ${statusNote(run)}`,
    show: run => [statusBadge(run.status), statusNote(run) === "" ? null : h("span", { class: "note", title: statusNote(run) }, statusNote(run))],
  },
  {
    id: "progress",
    label: "progress",
    numeric: false,
    value: run => (run.steps ? (run.step ?? 0) / run.steps : null),
    text: run => `${run.status} ${progressText(run)}`,
    show: run => [
      run.steps === null || !["running", "stopped", "failed"].includes(run.status) ? null : h("progress", { max: run.steps, value: run.step ?? 0, "aria-label": `Progress of ${run.name}` }),
      h("span", { class: "steps" }, progressText(run)),
    ],
  },
  numberColumn("test_accuracy", "accuracy", run => run.test_accuracy, percent),
  numberColumn("best_test_accuracy", "best accuracy", run => run.best_test_accuracy, percent),
  wordColumn("method", "method", run => run.method),
  wordColumn("initialiser", "initializer", run => run.initialiser),
  numberColumn("sparsity", "sparsity", run => run.sparsity, significant),
  { ...wordColumn("seed", "seed", run => run.seed), numeric: true },
  numberColumn("active_weights", "active weights", run => run.active_weights, count),
  numberColumn("left", "time left", run => run.left, duration),
  wordColumn("network", "network", run => run.network),
  wordColumn("data", "data", run => run.data),
  numberColumn("test_loss", "loss", run => run.test_loss, significant),
  numberColumn("best_test_loss", "best loss", run => run.best_test_loss, significant),
  numberColumn("weights", "weights", run => run.weights, count),
  numberColumn("seconds", "time taken", run => run.seconds, duration),
  numberColumn("started", "started", run => run.started, moment),
  numberColumn("changed", "changed", run => run.changed, moment),
  wordColumn("holder", "made by", run => run.holder && holderText(run.holder)),
  wordColumn("collapsed", "collapsed", run => (run.status === "finished" ? (run.collapsed ? "yes" : "no") : null)),
  wordColumn("parents", "derives from", run => run.parents.join(" ") || null),
  wordColumn("code", "code", run => run.code),
  wordColumn("machine", "machine", run => run.machine),
  wordColumn("engine", "engine", run => run.engine),
];

/**
 * The column of a setting in plans.
 * @param {string} path
 * @returns {Column<Run>}
 */
function settingColumn(path) {
  return wordColumn(path, path, run => (Object.hasOwn(run.settings, path) ? run.settings[path] : null));
}

/**
 * The columns of a list of runs.
 * @param {string[]} ids
 * @returns {Column<Run>[]}
 */
function columnsOf(ids) {
  const settings = ids.filter(id => !runColumns.some(column => column.id === id));
  return [...runColumns.filter(column => column.id === "run" || ids.includes(column.id)), ...settings.map(settingColumn)];
}

/**
 * How many runs of a group have a status.
 * @param {Group} group
 * @param {Status} status
 */
function countOf(group, status) {
  return group.runs.filter(run => run.status === status).length;
}

/**
 * The accuracies of a group's finished runs.
 * @param {Group} group
 */
function accuraciesOf(group) {
  return group.runs.filter(run => run.status === "finished").map(run => run.test_accuracy).filter(isNumber);
}

/**
 * The columns of a list of groups.
 * @param {string[]} by
 * @returns {Column<Group>[]}
 */
function groupColumns(by) {
  /** @param {string} id @param {string} label @param {(group: Group) => number} value @returns {Column<Group>} */
  const counted = (id, label, value) => ({ id, label, numeric: true, value, text: group => count(value(group)) });
  /** @param {Group} group */
  const meanText = group => {
    const accuracies = accuraciesOf(group);
    if (accuracies.length === 0) return missingText;
    const { mean, upper } = band(accuracies);
    return accuracies.length === 1 ? percent(mean) : `${percent(mean)} ± ${percent(upper - mean)}`;
  };
  /** @param {Group} group */
  const best = group => group.runs.map(run => run.best_test_accuracy).filter(isNumber).reduce((most, value) => Math.max(most, value), -Infinity);
  /** @param {Group} group */
  const bestOrNone = group => (best(group) === -Infinity ? null : best(group));
  return [
    .../** @type {Column<Group>[]} */ (by.map((field, place) => ({ id: field, label: field, numeric: false, value: group => group.values[place], text: group => group.values[place] || missingText }))),
    counted("(runs)", "runs", group => group.runs.length),
    counted("(finished)", "finished", group => countOf(group, "finished")),
    counted("(running)", "running", group => countOf(group, "running")),
    counted("(failed)", "failed", group => countOf(group, "failed")),
    counted("(collapsed)", "collapsed", group => group.runs.filter(run => run.collapsed).length),
    { id: "(mean)", label: "accuracy", numeric: true, value: group => (accuraciesOf(group).length === 0 ? null : mean(accuraciesOf(group))), text: meanText },
    { id: "(best)", label: "best accuracy", numeric: true, value: bestOrNone, text: group => percent(bestOrNone(group)) },
  ];
}

/**
 * Runs grouped by the values of fields.
 * @param {Run[]} runs
 * @param {string[]} by
 */
function groupedRuns(runs, by) {
  /** @type {Map<string, Group>} */
  const groups = new Map();
  for (const run of runs) {
    const values = by.map(field => groupValue(run, field));
    const key = JSON.stringify(values);
    const group = groups.get(key);
    if (group) group.runs.push(run);
    else groups.set(key, { key, values, runs: [run] });
  }
  return [...groups.values()];
}

/**
 * The list of the runs of a group. Values that no condition can say are said by the names of the runs.
 * @param {Group} group
 * @returns {ListState}
 */
function groupState(group) {
  const { by, where, status } = listState;
  const conditions = by.flatMap((field, place) => {
    const value = group.values[place];
    return field === "status" ? [] : [`${field}=${numberOf(value) === null ? value : `${value}..${value}`}`];
  });
  const statusPlace = by.indexOf("status");
  const narrowed = { ...listState, status: statusPlace < 0 ? status : [group.values[statusPlace]], by: [], sort: "", page: 1, where: [where, ...conditions].filter(part => part !== "").join(" ") };
  if (isSayable(narrowed.where, group)) return narrowed;
  return { ...narrowed, where: `run=${group.runs.map(run => run.name).join(",")}` };
}

/**
 * Whether conditions accept all runs of a group, and none that are in another.
 * @param {string} where
 * @param {Group} group
 */
function isSayable(where, group) {
  try {
    const conditions = parseWhere(where);
    const fields = listState.by;
    return [...app.runs.values()].every(run => !matches(run, conditions) || fields.every((field, place) => field === "status" || groupValue(run, field) === group.values[place])) && group.runs.every(run => matches(run, conditions));
  } catch {
    return false;
  }
}

/**
 * Items in the order of a column; those without a value come last, whichever way it goes.
 * @template Item
 * @param {Item[]} items
 * @param {(item: Item) => string | number | null} value
 * @param {boolean} isDown
 * @param {(item: Item) => string} name decides between equal values
 * @returns {Item[]}
 */
function sortedBy(items, value, isDown, name) {
  const sign = isDown ? -1 : 1;
  const keyed = items.map(item => {
    const found = value(item);
    return { item, number: typeof found === "number" ? found : found === null ? null : numberOf(found), text: found === null ? null : String(found), name: name(item) };
  });
  keyed.sort((one, other) => {
    if (one.text === null || other.text === null) return Number(one.text === null) - Number(other.text === null) || collator.compare(one.name, other.name);
    const order = one.number !== null && other.number !== null ? one.number - other.number : collator.compare(one.text, other.text);
    return sign * order || collator.compare(one.name, other.name);
  });
  return keyed.map(one => one.item);
}

const collator = new Intl.Collator("en", { numeric: true });

/** @type {ListState} */
let listState = { where: "", status: [], by: [], columns: defaultColumns, sort: "", page: 1 };

/** The conditions that hold: those of the box, or, while that has a mistake, those it had before. @type {Condition[]} */
let listConditions = [];

/** The fields that the list is grouped by, as its conditions. @type {string[]} */
let listBy = [];

/** Rows of the page that is shown, by key. @type {Map<string, ListRow>} */
let listRows = new Map();

/** Paths of the settings in all plans. @type {Set<string>} */
const settingPaths = new Set();

/** The columns that the reader chose last, in this browser. */
function rememberedColumns() {
  try {
    return localStorage.getItem(columnsKey)?.split(",") ?? defaultColumns;
  } catch {
    return defaultColumns; // a browser may refuse to remember
  }
}

/** @param {string[]} columns */
function rememberColumns(columns) {
  try {
    localStorage.setItem(columnsKey, columns.join(","));
  } catch {
    // a browser may refuse to remember
  }
}

/**
 * The words of a list with commas.
 * @param {string | null} text
 */
function listed(text) {
  return (text ?? "").split(",").map(word => word.trim()).filter(word => word !== "");
}

/**
 * What an address of the list says.
 * @param {URLSearchParams} settings
 * @returns {ListState}
 */
function readListState(settings) {
  const page = Number(settings.get("page") ?? "1");
  return {
    where: settings.get("where") ?? "",
    status: listed(settings.get("status")),
    by: listed(settings.get("by")),
    columns: settings.has("columns") ? listed(settings.get("columns")) : rememberedColumns(),
    sort: settings.get("sort") ?? "",
    page: Number.isInteger(page) && page > 0 ? page : 1,
  };
}

/**
 * The address of a list; columns are in it where they are not the usual ones.
 * @param {ListState} state
 */
function listAddress(state) {
  const settings = new URLSearchParams();
  if (state.where !== "") settings.set("where", state.where);
  if (state.status.length > 0) settings.set("status", state.status.join(","));
  if (state.by.length > 0) settings.set("by", state.by.join(","));
  if (state.columns.join() !== defaultColumns.join()) settings.set("columns", state.columns.join(","));
  if (state.sort !== "") settings.set("sort", state.sort);
  if (state.page > 1) settings.set("page", String(state.page));
  const text = settings.toString();
  return text === "" ? "#/runs" : `#/runs?${text}`;
}

/**
 * Text for a shell, quoted where it must be.
 * @param {string} text
 */
function shellQuoted(text) {
  return /^[\w.,:=@%+/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * Brings the rows of a table into an order. The row that has the focus is not moved, so that it keeps it.
 * @param {HTMLElement} body
 * @param {HTMLElement[]} rows
 */
function arrangeRows(body, rows) {
  const wanted = new Set(rows);
  for (const row of /** @type {HTMLElement[]} */ (Array.from(body.children))) if (!wanted.has(row)) row.remove();
  if (rows.length === 0) return;
  const still = Math.max(0, rows.findIndex(row => row.contains(document.activeElement)));
  if (!rows[still].isConnected) body.prepend(rows[still]);
  for (let place = still - 1; place >= 0; place--) {
    if (rows[place + 1].previousElementSibling !== rows[place]) rows[place + 1].before(rows[place]);
  }
  for (let place = still + 1; place < rows.length; place++) {
    if (rows[place - 1].nextElementSibling !== rows[place]) rows[place - 1].after(rows[place]);
  }
}

/** The elements of the list. They are made once and stay, so that what the reader does in them is not lost. @type {ReturnType<typeof makeListParts> | null} */
let listParts = null;

/** @returns {ReturnType<typeof makeListParts>} */
function partsOfList() {
  listParts ??= makeListParts();
  return listParts;
}

function makeListParts() {
  const whereBox = h("input", {
    id: "list-where", type: "text", class: "wide", spellcheck: "false", autocomplete: "off", list: "list-fields", placeholder: "method=rigl,set sparsity=0.9..0.98", "aria-describedby": "list-mistake",
    oninput: () => {
      suggestFields();
      typed();
    },
  });
  const byBox = h("input", {
    id: "list-by", type: "text", spellcheck: "false", autocomplete: "off", list: "list-by-fields", placeholder: "method,sparsity", "aria-describedby": "list-mistake",
    oninput: () => {
      suggestFields();
      typed();
    },
  });
  const typed = debounce(() => {
    if (root.isConnected) changeList({ where: whereBox.value.trim(), by: listed(byBox.value), page: 1 }, true);
  }, 300);
  const fields = h("datalist", { id: "list-fields" });
  const byFields = h("datalist", { id: "list-by-fields" });
  const allFields = () => [...app.fields, ...[...settingPaths].filter(path => !app.fields.includes(path)).sort()];
  const suggestFields = () => {
    // A suggestion takes the place of all that is typed.
    const conditionsBefore = whereBox.value.slice(0, whereBox.value.lastIndexOf(" ") + 1);
    const fieldsBefore = byBox.value.slice(0, byBox.value.lastIndexOf(",") + 1);
    fields.replaceChildren(...allFields().map(field => h("option", { value: `${conditionsBefore}${field}=` })));
    byFields.replaceChildren(...allFields().map(field => h("option", { value: fieldsBefore + field })));
  };
  const mistake = h("p", { id: "list-mistake", class: "error", role: "status" });
  /** @type {Map<Status, { box: HTMLInputElement, number: HTMLElement }>} */
  const statusBoxes = new Map();
  for (const status of statuses) {
    const box = h("input", {
      type: "checkbox",
      id: `list-status-${status}`,
      onchange: () => changeList({ status: statuses.filter(one => statusBoxes.get(one)?.box.checked), page: 1 }),
    });
    statusBoxes.set(status, { box, number: h("span", { class: "muted" }) });
  }
  const known = h("p", { class: "fields muted" });
  const help = h(
    "details",
    {
      ontoggle: () => known.replaceChildren(`Fields: ${allFields().join(", ")}.`),
    },
    h("summary", null, "How conditions are written"),
    h(
      "p",
      null,
      "Conditions are separated by blanks, and all must hold. A condition is field=value, field=value,value (any of them) or field=low..high. A number holds to the digits that are given: 0.95 accepts 0.9496. ",
      "A setting of the plan may be named by the end of its path: momentum for optimizer.momentum. compare.fsx takes the same conditions.",
    ),
    known,
  );
  const columnChoice = h("div", { class: "checks" });
  const columns = h("details", { class: "columns", ontoggle: () => showColumnChoice() }, h("summary", null, "Columns"), columnChoice);
  const summary = h("p", { class: "summary", role: "status" });
  const curvesOfGroups = h("a", { hidden: true, onclick: () => app.chosen.clear() }, "Curves of these groups");
  const table = h("table", { class: "list" }, h("caption", { class: "hidden" }, "Runs"), h("thead"), h("tbody"));
  const region = scrollRegion("Table of runs", table);
  const empty = h("p", { class: "muted" });
  const place = h("span", { class: "muted" });
  /** @param {string} label @param {(last: number) => number} target */
  const pager = (label, target) =>
    button(label, () => {
      const last = Math.max(1, Math.ceil(listItems().length / pageLength));
      changeList({ page: Math.min(last, Math.max(1, target(last))) });
    });
  const pages = h(
    "div",
    { class: "controls pages", role: "group", "aria-label": "Pages" },
    pager("First", () => 1),
    pager("Previous", () => listState.page - 1),
    place,
    pager("Next", () => listState.page + 1),
    pager("Last", last => last),
  );
  const chosenNumber = h("span", { class: "muted", role: "status" });
  const compareTwo = button("Compare two", () => app.go(`#/pair/${[...app.chosen].map(encodeURIComponent).join("/")}`));
  const curvesOfChosen = button("Curves of the chosen", () => app.go("#/curves"));
  const command = h("input", { id: "list-command", type: "text", class: "wide command", readonly: true });
  const commandField = h("label", { class: "field grow", hidden: true }, "Command", command);
  const actions = h(
    "div",
    { class: "controls" },
    button("Choose all that are shown by the conditions", () => chooseRuns(narrowedRuns().map(run => run.name))),
    button("Choose none", () => chooseRuns([])),
    chosenNumber,
    curvesOfChosen,
    compareTwo,
    button("Copy the compare.fsx command", () => copyCommand()),
    button("Download as CSV", () => downloadList()),
  );
  const root = h(
    "div",
    null,
    h("h2", null, "All runs"),
    h(
      "section",
      { class: "panel", "aria-label": "What is shown" },
      h(
        "div",
        { class: "controls" },
        h("label", { class: "field grow" }, "Conditions", whereBox),
        h("label", { class: "field" }, "Group by", byBox),
        fields,
        byFields,
      ),
      mistake,
      h(
        "fieldset",
        { class: "checks" },
        h("legend", null, "Status (all, where none is checked)"),
        [...statusBoxes].map(([status, { box, number }]) => h("label", null, box, statusBadge(status), number)),
      ),
      columns,
      help,
    ),
    h("div", { class: "controls" }, summary, curvesOfGroups),
    region,
    empty,
    pages,
    actions,
    h("div", { class: "controls" }, commandField),
  );
  return { root, whereBox, byBox, suggestFields, mistake, statusBoxes, columns, columnChoice, summary, curvesOfGroups, table, region, empty, place, pages, chosenNumber, compareTwo, curvesOfChosen, command, commandField };
}

/**
 * Changes what the list shows, and writes it into the address. What is typed leaves no trace in the history.
 * @param {Partial<ListState>} change
 * @param {boolean} [replace]
 */
function changeList(change, replace = false) {
  takeListState({ ...listState, ...change });
  app.go(listAddress(listState), replace);
}

/**
 * Writes into the boxes of text what a state says.
 * @param {ListState} state
 */
function fillListControls(state) {
  const { whereBox, byBox } = partsOfList();
  whereBox.value = state.where;
  byBox.value = state.by.join(",");
}

/**
 * Shows the list that a state describes.
 * @param {ListState} state
 */
function takeListState(state) {
  const parts = partsOfList();
  listState = state;
  const mistakes = [];
  const runs = [...app.runs.values()];
  try {
    const conditions = parseWhere(state.where);
    requireFields(runs, conditions.map(condition => condition.field));
    listConditions = conditions;
    app.where = state.where;
  } catch (error) {
    mistakes.push(sentenceOf(error));
  }
  try {
    requireFields(runs, state.by);
    listBy = state.by;
    app.by = state.by;
  } catch (error) {
    mistakes.push(sentenceOf(error));
  }
  parts.mistake.textContent = mistakes.length > 0 ? `${mistakes.join(" ")} Until then the list stays as it was.` : "";
  parts.whereBox.setAttribute("aria-invalid", String(mistakes.length > 0));
  for (const [status, { box }] of parts.statusBoxes) box.checked = state.status.includes(status);
  for (const box of Array.from(parts.columnChoice.querySelectorAll("input"))) box.checked = state.columns.includes(box.value);
  refreshList();
}

/** The runs that the conditions accept, of any status. */
function acceptedRuns() {
  return [...app.runs.values()].filter(run => matches(run, listConditions));
}

/** The runs that conditions and statuses accept. */
function narrowedRuns() {
  return acceptedRuns().filter(run => listState.status.length === 0 || listState.status.includes(run.status));
}

/**
 * What the list shows, on all its pages, in its order: runs, or groups of them.
 * @returns {Run[] | Group[]}
 */
function listItems() {
  const isDown = listState.sort.startsWith("-");
  const id = isDown ? listState.sort.slice(1) : listState.sort;
  const runs = narrowedRuns();
  if (listBy.length === 0) {
    const column = columnsOf([id]).find(one => one.id === id);
    return sortedBy(runs, column ? column.value : run => run.name, isDown, run => run.name);
  }
  const column = groupColumns(listBy).find(one => one.id === id);
  return sortedBy(groupedRuns(runs, listBy), column ? column.value : () => null, isDown, group => group.values.join(" "));
}

/** Brings all that is shown up to date: only what is not as before is written. */
function refreshList() {
  const parts = partsOfList();
  const accepted = acceptedRuns();
  for (const [status, { number }] of parts.statusBoxes) {
    const text = count(accepted.filter(run => run.status === status).length);
    if (number.textContent !== text) number.textContent = text;
  }

  const items = listItems();
  const isGrouped = listBy.length > 0;
  const last = Math.max(1, Math.ceil(items.length / pageLength));
  const first = (Math.min(listState.page, last) - 1) * pageLength;
  const shown = items.slice(first, first + pageLength);
  if (isGrouped) drawList(groupColumns(listBy), /** @type {Group[]} */ (shown), group => group.key, group => group.values.join(" "));
  else drawList(columnsOf(listState.columns), /** @type {Run[]} */ (shown), run => run.name, run => run.name);

  const narrowed = isGrouped ? /** @type {Group[]} */ (items).reduce((sum, group) => sum + group.runs.length, 0) : items.length;
  writeText(parts.summary, `${isGrouped ? `${count(items.length)} ${items.length === 1 ? "group" : "groups"}, ` : ""}${count(narrowed)} of ${count(app.runs.size)} runs`);
  writeText(parts.place, items.length === 0 ? "" : `${count(first + 1)} to ${count(first + shown.length)} of ${count(items.length)}`);
  writeText(parts.empty, items.length > 0 ? "" : app.runs.size === 0 ? "There is no run in this folder yet." : "No run meets these conditions.");
  parts.pages.toggleAttribute("hidden", last === 1);
  parts.region.toggleAttribute("hidden", items.length === 0);
  parts.curvesOfGroups.toggleAttribute("hidden", !isGrouped);
  if (isGrouped) parts.curvesOfGroups.setAttribute("href", `#/curves?${new URLSearchParams({ where: app.where, by: listBy.join(",") })}`);
  showChosen();
}

/**
 * @param {HTMLElement} place
 * @param {string} text
 */
function writeText(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

/** What the head of the table was last drawn for. */
let drawnHead = "";

/**
 * Draws rows into the table. Rows are known by their keys.
 * @template Item
 * @param {Column<Item>[]} columns
 * @param {Item[]} items
 * @param {(item: Item) => string} key
 * @param {(item: Item) => string} name
 */
function drawList(columns, items, key, name) {
  const { table, region } = partsOfList();
  const isGrouped = listBy.length > 0;
  const head = /** @type {HTMLElement} */ (table.tHead);
  const body = table.tBodies[0];
  const columnText = JSON.stringify([isGrouped, listBy, columns.map(column => column.id)]);
  if (drawnHead !== columnText) {
    drawnHead = columnText;
    listRows = new Map();
    body.replaceChildren();
    const choice = h("th", { scope: "col", class: "choice" }, h("span", { class: "hidden" }, isGrouped ? "show" : "choose"));
    head.replaceChildren(h("tr", null, choice, columns.map(column => headOf(column))));
  }
  columns.forEach((column, place) => {
    const way = listState.sort === column.id ? "ascending" : listState.sort === `-${column.id}` ? "descending" : null;
    const cell = /** @type {HTMLElement} */ (head.firstElementChild?.children[place + 1]);
    if (way) cell.setAttribute("aria-sort", way);
    else cell.removeAttribute("aria-sort");
  });

  const hadFocus = body.contains(document.activeElement);
  /** @type {Map<string, ListRow>} */
  const rows = new Map();
  for (const item of items) {
    const one = listRows.get(key(item)) ?? makeListRow(columns, isGrouped, key(item), name(item));
    rows.set(key(item), one);
    columns.forEach((column, place) => {
      const text = column.text(item);
      if (one.texts[place] === text) return;
      one.texts[place] = text;
      /** @type {(Node | string)[]} */
      const content = column.show ? [h("div", null, column.show(item))] : [text];
      one.row.children[place + 1].replaceChildren(...content);
    });
  }
  listRows = rows;
  arrangeRows(body, [...rows.values()].map(one => one.row));
  if (hadFocus && !body.contains(document.activeElement)) region.focus({ preventScroll: true });
}

/**
 * The head of a column; its button sorts.
 * @param {{ id: string, label: string, numeric: boolean }} column
 */
function headOf(column) {
  const sort = () => changeList({ sort: listState.sort === column.id ? `-${column.id}` : column.id, page: 1 });
  return h("th", { scope: "col", class: column.numeric ? "numeric" : null }, button(column.label, sort, { class: "sort", id: `list-sort-${column.id}` }));
}

/**
 * A row without texts yet.
 * @param {{ numeric: boolean }[]} columns
 * @param {boolean} isGrouped
 * @param {string} key
 * @param {string} name
 * @returns {ListRow}
 */
function makeListRow(columns, isGrouped, key, name) {
  const box = isGrouped ? null : h("input", { type: "checkbox", "aria-label": `Choose ${name}`, onchange: event => chooseRun(key, event.target.checked) });
  const show = isGrouped ? button("show", () => showGroup(key), { "aria-label": `Show the runs of ${name}` }) : null;
  const cells = columns.map((column, place) => (place === 0 ? h("th", { scope: "row" }) : h("td", { class: column.numeric ? "numeric" : null })));
  return { row: h("tr", null, h("td", { class: "choice" }, box, show), cells), texts: [], box };
}

/**
 * Narrows the list to a group.
 * @param {string} key
 */
function showGroup(key) {
  const group = groupedRuns(narrowedRuns(), listBy).find(one => one.key === key);
  if (!group) return;
  const state = groupState(group);
  fillListControls(state);
  changeList(state);
}

/**
 * @param {string} name
 * @param {boolean} isChosen
 */
function chooseRun(name, isChosen) {
  if (isChosen) app.chosen.add(name);
  else app.chosen.delete(name);
  showChosen();
}

/** @param {string[]} names */
function chooseRuns(names) {
  app.chosen.clear();
  for (const name of names) app.chosen.add(name);
  showChosen();
}

/** Shows which runs are chosen, and what can be done with them. */
function showChosen() {
  const parts = partsOfList();
  for (const [name, { box, row }] of listRows) {
    if (box) box.checked = app.chosen.has(name);
    row.classList.toggle("chosen", app.chosen.has(name));
  }
  writeText(parts.chosenNumber, `${count(app.chosen.size)} chosen`);
  parts.compareTwo.disabled = app.chosen.size !== 2;
  parts.curvesOfChosen.disabled = app.chosen.size === 0;
}

/** Writes the command that compares the chosen runs, or those that the conditions accept, and copies it. */
async function copyCommand() {
  const { command, commandField } = partsOfList();
  const where = app.chosen.size > 0 ? `run=${[...app.chosen].join(",")}` : app.where;
  const settings = [`runs=${app.root}`, ...(where === "" ? [] : [`where=${where}`])];
  command.value = [app.compare, ...settings.map(shellQuoted)].join(" ");
  commandField.removeAttribute("hidden");
  try {
    await navigator.clipboard.writeText(command.value);
    app.say("The command is in the clipboard.");
  } catch {
    command.focus();
    command.select();
    app.say("The browser does not let the page write into the clipboard. The command is selected below the list: copy it from there.");
  }
}

/** Hands the list, all its pages, to the reader as CSV. */
function downloadList() {
  const items = listItems();
  /** @template Item @param {Column<Item>[]} columns @param {Item[]} rows */
  const csv = (columns, rows) => csvBlob(columns.map(column => column.label), rows.map(row => columns.map(column => column.value(row))));
  if (listBy.length > 0) download("groups.csv", csv(groupColumns(listBy), /** @type {Group[]} */ (items)));
  else download("runs.csv", csv(columnsOf(listState.columns), /** @type {Run[]} */ (items)));
}

/** Fills the choice of columns; while it is closed, it is empty. */
function showColumnChoice() {
  const { columns, columnChoice } = partsOfList();
  if (!columns.open) {
    columnChoice.replaceChildren();
    return;
  }
  /** @param {string} id @param {string} label */
  const choice = (id, label) =>
    h(
      "label",
      null,
      h("input", {
        type: "checkbox",
        value: id,
        checked: listState.columns.includes(id),
        onchange: event => chooseColumns(event.target.checked ? [...listState.columns, id] : listState.columns.filter(one => one !== id)),
      }),
      label,
    );
  const own = runColumns.filter(column => column.id !== "run");
  const settings = [...new Set([...settingPaths, ...listState.columns])].filter(path => !runColumns.some(column => column.id === path)).sort();
  columnChoice.replaceChildren(
    h("fieldset", { class: "checks" }, h("legend", null, "Of the run"), own.map(column => choice(column.id, column.label))),
    h("fieldset", { class: "checks" }, h("legend", null, "Settings of the plan"), settings.map(path => choice(path, path))),
    button("The usual columns", () => chooseColumns(defaultColumns)),
  );
}

/** @param {string[]} columns */
function chooseColumns(columns) {
  rememberColumns(columns);
  changeList({ columns });
}

/** Notes the settings of runs, for lists of fields. @param {Iterable<Run | undefined>} runs */
function noteSettings(runs) {
  const before = settingPaths.size;
  for (const run of runs) for (const path of Object.keys(run?.settings ?? {})) settingPaths.add(path);
  if (settingPaths.size > before) partsOfList().suggestFields();
}

/** @type {View} */
const listView = {
  show(place, address) {
    place.append(partsOfList().root);
    const state = readListState(address.settings);
    fillListControls(state);
    noteSettings(app.runs.values());
    takeListState(state);
  },
  update(changed) {
    noteSettings([...changed].map(name => app.runs.get(name)));
    refreshList();
  },
};

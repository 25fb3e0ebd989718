"use strict";

// Where the page's data comes from: the server that sent the page, or, in a page that was exported, the page itself.

/**
 * Asks the server. What it answers with an error is rejected with the error's sentence.
 * @param {string} path
 * @param {object} [body] sent as JSON
 * @returns {Promise<Response>}
 */
async function ask(path, body) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(path, body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  } catch {
    throw new Error("The server does not answer. See whether browse.fsx still runs.");
  }
  if (response.ok) return response;
  const sentence = await response.json().then(answer => answer.error, () => null);
  throw new Error(typeof sentence === "string" ? sentence : `The server refuses '${path}' with status ${response.status}.`);
}

/**
 * Asks the server for JSON.
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<any>}
 */
async function askJson(path, body) {
  return (await ask(path, body)).json();
}

/**
 * A path with its settings; those that are null are left out.
 * @param {string} path
 * @param {{ [name: string]: string | number | null }} settings
 */
function pathWith(path, settings) {
  const given = Object.entries(settings).flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]]));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

/**
 * Follows the server's events. If they break, waits, asks for the whole list again, and goes on from there.
 * @param {number} version
 * @param {(changes: RunChanges) => void} change
 * @param {(text: string) => void} state
 */
function followServer(version, change, state) {
  const events = new EventSource(pathWith("api/events", { version }));
  const again = async () => {
    try {
      /** @type {RunList} */
      const list = await askJson("api/runs");
      const there = new Set(list.runs.map(run => run.name));
      change({ version: list.version, changed: list.runs, removed: [...app.runs.keys()].filter(name => !there.has(name)) });
      followServer(list.version, change, state);
    } catch {
      setTimeout(again, 2000);
    }
  };
  events.addEventListener("open", () => state("live"));
  events.addEventListener("runs", event => change(JSON.parse(event.data)));
  events.addEventListener("error", () => {
    events.close();
    state("not live: the server does not answer; trying again");
    setTimeout(again, 2000);
  });
}

/**
 * The server that sent this page.
 * @returns {Source}
 */
function serverSource() {
  return {
    live: true,
    made: null,
    list: () => askJson("api/runs"),
    follow: followServer,
    curves: (metric, runs) => askJson("api/curves", { metric, runs }),
    details: name => askJson(pathWith("api/run", { name })),
    masks: (name, step, other) => askJson(pathWith("api/masks", { name, step, other })),
    pair: (first, second) => askJson(pathWith("api/pair", { first, second })),
    verify: name => askJson("api/verify", { name }),
    figure: async request => (await ask("api/figure", request)).blob(),
  };
}

/**
 * Settings in which two runs' plans differ; "-" where a plan has none.
 * @param {Run} first
 * @param {Run} second
 * @returns {Pair["plan"]}
 */
function planDifferences(first, second) {
  /** @param {Run} run @param {string} path */
  const look = (run, path) => (Object.hasOwn(run.settings, path) ? run.settings[path] : "-");
  return [...new Set([...Object.keys(first.settings), ...Object.keys(second.settings)])]
    .map(setting => ({ setting, first: look(first, setting), second: look(second, setting) }))
    .filter(one => one.first !== one.second);
}

/**
 * How many weights are active in both masks.
 * @param {string} first
 * @param {string} second
 */
function sharedWeights(first, second) {
  const other = bytesOfBits(second);
  return bytesOfBits(first).reduce((sum, byte, place) => {
    let both = byte & other[place];
    for (; both !== 0; both &= both - 1) sum++;
    return sum;
  }, 0);
}

/**
 * The masks of two runs, layer by layer, as far as their bits are there; or why they cannot be compared.
 * @param {RunDetails} first
 * @param {RunDetails} second
 * @returns {Pick<Pair, "masks" | "masksProblem">}
 */
function maskOverlaps(first, second) {
  if (!first.masks || !second.masks) {
    return { masks: null, masksProblem: (first.masks ? second : first).masksProblem ?? "One of the runs has no masks." };
  }
  /** @param {LayerMask} layer */
  const shape = layer => `${layer.name} ${layer.outputs} ${layer.inputs} ${layer.height} ${layer.width}`;
  const others = second.masks.layers;
  if (first.masks.layers.map(shape).join() !== others.map(shape).join()) return { masks: null, masksProblem: "Their layers are not the same." };
  const masks = first.masks.layers.flatMap((layer, place) => {
    const other = others[place];
    if (layer.bits === null || other.bits === null) return [];
    const both = sharedWeights(layer.bits, other.bits);
    return [{ layer: layer.name, weights: layer.weights, first: layer.active, second: other.active, both, chance: (layer.active * other.active) / layer.weights }];
  });
  const left = others.length - masks.length;
  return {
    masks: masks.length > 0 ? masks : null,
    masksProblem: left > 0 ? `${left} of ${others.length} layers are too large for this file. browse.fsx compares them.` : null,
  };
}

/**
 * The data that was exported with the page.
 * @param {OfflineData} data
 * @returns {Source}
 */
function pageSource(data) {
  /** @param {string} what */
  const refused = what => Promise.reject(new Error(`${what} not in this file. Start browse.fsx on the folder of the runs to see more.`));
  /** @param {string} name @returns {Promise<RunDetails>} */
  const details = name => (Object.hasOwn(data.details, name) ? Promise.resolve(data.details[name]) : refused(`The details of '${shownText(name)}' are`));
  return {
    live: false,
    made: data.made,
    list: () => Promise.resolve(data.list),
    follow: (_version, _change, state) => state(`not live: a file made ${data.made}`),
    curves: async (metric, runs) => {
      if (!Object.hasOwn(data.curves, metric)) return refused(`The metric '${shownText(metric)}' is`);
      const { curves, missing } = data.curves[metric];
      const wanted = new Set(runs);
      const known = new Set([...curves, ...missing].map(one => one.run));
      return {
        metric,
        curves: curves.filter(curve => wanted.has(curve.run)),
        missing: [...missing.filter(one => wanted.has(one.run)), ...runs.filter(run => !known.has(run)).map(run => ({ run, reason: "it is not in this file" }))],
      };
    },
    details,
    masks: async (name, step, other) => {
      const { masks } = await details(name);
      return masks && masks.step === step && other === null ? masks : refused("Masks other than those of the last checkpoint are");
    },
    pair: async (first, second) => {
      const [one, two] = await Promise.all([details(first), details(second)]);
      const runs = [first, second].map(name => data.list.runs.find(run => run.name === name));
      if (!runs[0] || !runs[1]) return refused("One of the two runs is");
      return { first, second, plan: planDifferences(runs[0], runs[1]), ...maskOverlaps(one, two), firstStep: one.masks?.step ?? null, secondStep: two.masks?.step ?? null };
    },
    verify: () => refused("What a verification reads is"),
    figure: () => refused("The program that draws figures is"),
  };
}

/**
 * The source of this page's data.
 * @returns {Source}
 */
function openSource() {
  const offline = document.getElementById("offline-data");
  return offline ? pageSource(JSON.parse(offline.textContent ?? "")) : serverSource();
}

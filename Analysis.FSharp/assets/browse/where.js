"use strict";

// Conditions on runs, as compare.fsx has them: "method=rigl,set sparsity=0.9..0.98". Analysis.FSharp/Comparison/Selection.fs is their definition; a test holds both together.

/** @typedef {{ word: string, number: number | null, tolerance: number } | { low: number, high: number }} Accepted A word (in capitals) or a number to the digits that are given, or numbers from one to another. */
/** @typedef {{ field: string, accepted: Accepted[] }} Condition A field and what it may be: any of these. */

/**
 * The number that a text is, or null. As .NET reads it: no hexadecimal digits, no infinity.
 * @param {string} text
 */
function numberOf(text) {
  const found = /^[\t-\r ]*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)[\t-\r ]*\0*$/i.exec(text);
  const value = found ? Number(found[1]) : NaN;
  return Number.isFinite(value) ? value : null;
}

/**
 * Shows a name or a value from elsewhere as one line of bounded length: what cannot be seen stands as its code. As ForeignText.Show does.
 * @param {string} text
 */
function shownText(text) {
  const limit = 100;
  const reserve = 40;
  const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}\u034F\u115F\u1160\u17B4\u17B5\u180B-\u180F\u2800\u3164\uFE00-\uFE0F\uFFA0\u{E0100}-\u{E01EF}]/u;
  let shown = "";
  let kept = "";
  let keptLength = 0;
  let marks = 4; // at the beginning a mark would go to what stands before the text
  let place = 0;
  for (const character of text) {
    marks = /[\p{Mn}\p{Me}]/u.test(character) ? marks + 1 : 0;
    const asCode = marks > 4 || unsafe.test(character) || text.startsWith("\\u{", place);
    shown += asCode ? `\\u{${/** @type {number} */ (character.codePointAt(0)).toString(16).toUpperCase()}}` : character;
    place += character.length;
    if (shown.length > limit) return `${kept}... (${text.length - keptLength} more characters)`;
    if (shown.length <= limit - reserve) {
      kept = shown;
      keptLength = place;
    }
  }
  return shown;
}

/**
 * @param {string} condition
 * @param {string} text
 * @returns {Accepted}
 */
function acceptedOf(condition, text) {
  const ends = text.split("..");
  if (ends.length === 2) {
    const low = numberOf(ends[0]);
    const high = numberOf(ends[1]);
    if (low === null || high === null || low > high) {
      throw new Error(`where: expected a range of numbers from small to large in '${shownText(condition)}', found '${shownText(text)}'.`);
    }
    return { low, high };
  }
  if (text === "") throw new Error(`where: expected a value in '${shownText(condition)}', found none.`);
  return { word: uppercased(text), number: numberOf(text), tolerance: toleranceOf(text) };
}

/**
 * Reads conditions; all must hold. Throws a sentence where a part is none.
 * @param {string} text
 * @returns {Condition[]}
 */
function parseWhere(text) {
  return text.split(/[ ;]/).filter(part => part !== "").map(part => {
    const split = part.indexOf("=");
    if (split < 1) {
      throw new Error(`where: expected field=value, field=value,value or field=low..high, separated by blanks, found '${shownText(part)}'.`);
    }
    return { field: part.slice(0, split), accepted: part.slice(split + 1).split(",").map(value => acceptedOf(part, value)) };
  });
}

/**
 * Half a unit of the last digit that is given.
 * @param {string} text
 */
function toleranceOf(text) {
  const point = text.indexOf(".");
  return point < 0 || /e/i.test(text) ? 0 : 0.5 * 10 ** -(text.length - point - 1);
}

/**
 * The text for comparison without regard to case, character by character; nothing beyond ASCII is equal to a letter of ASCII.
 * @param {string} text
 */
function uppercased(text) {
  if (/^[\0-\x7f]*$/.test(text)) return text.toUpperCase();
  return Array.from(text, character => {
    const upper = character.toUpperCase();
    return upper.length === character.length && (upper > "\x7f" || character < "\x80") ? upper : character;
  }).join("");
}

/**
 * @param {string} value
 * @param {Accepted} accepted
 */
function accepts(value, accepted) {
  const number = numberOf(value);
  if ("low" in accepted) return number !== null && number >= accepted.low && number <= accepted.high;
  if (number !== null && accepted.number !== null) return Math.abs(number - accepted.number) <= accepted.tolerance + 1e-12;
  return accepted.word === uppercased(value);
}

/**
 * The values of a field: of its own name, or of the settings whose path ends with it.
 * @param {Run} run
 * @param {string} field
 * @returns {string[]}
 */
function valuesOf(run, field) {
  const name = field === "initializer" ? "initialiser" : field; // as tables of runs spell it
  const own = [];
  if (Object.hasOwn(run.cells, name)) own.push(run.cells[name]);
  if (Object.hasOwn(run.settings, name)) own.push(run.settings[name]);
  if (own.length > 0) return own;
  const end = `.${name}`;
  return Object.keys(run.settings).filter(path => path.endsWith(end)).map(path => run.settings[path]);
}

/**
 * What a run is grouped by: the first value of a field, "-" where it has none. The status is a word here, since the table's "step 500 of 2000" makes no group.
 * @param {Run} run
 * @param {string} field
 */
function groupValue(run, field) {
  return field === "status" ? run.status : (valuesOf(run, field)[0] ?? "-");
}

/**
 * Whether a run meets all conditions.
 * @param {Run} run
 * @param {Condition[]} conditions
 */
function matches(run, conditions) {
  return conditions.every(({ field, accepted }) => valuesOf(run, field).some(value => accepted.some(one => accepts(value, one))));
}

/**
 * Throws a sentence if there are runs and none of them has a field.
 * @param {Run[]} runs
 * @param {string[]} fields
 */
function requireFields(runs, fields) {
  for (const field of fields) {
    if (runs.length > 0 && runs.every(run => valuesOf(run, field).length === 0)) {
      const known = [...new Set([...app.fields, ...runs.flatMap(run => Object.keys(run.settings))])].map(shownText).join(", ");
      throw new Error(`No run has a field '${shownText(field)}'. The fields: ${known}.`);
    }
  }
}

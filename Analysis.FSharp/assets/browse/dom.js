"use strict";

// Elements, texts of numbers, tables and files: what all views share. Text from run folders only ever becomes text here, never markup.

/** @typedef {{ [name: string]: string | number | boolean | null | undefined | ((event: any) => void) }} Attributes */
/** @typedef {Node | string | number | null | undefined} Leaf */
/** @typedef {Leaf | (Leaf | Leaf[])[]} Child */
/** @typedef {{ text: string, numeric?: boolean }} Header */

const missingText = "–";

/**
 * Gives an element its attributes and children. A function is a listener ("onclick"); true sets an empty attribute; false, null and undefined leave it out.
 * @param {Element} element
 * @param {Attributes | null | undefined} attributes
 * @param {Child[]} children
 */
function furnish(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of /** @type {Leaf[]} */ (children.flat(Infinity))) {
    if (child !== null && child !== undefined) element.append(child instanceof Node ? child : String(child));
  }
}

/**
 * An HTML element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes | null} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  furnish(element, attributes, children);
  return element;
}

/**
 * An SVG element.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes | null} [attributes]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
function s(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  furnish(element, attributes, children);
  return element;
}

/**
 * A button that does something.
 * @param {Child} label
 * @param {(event: MouseEvent) => void} action
 * @param {Attributes} [attributes]
 */
function button(label, action, attributes) {
  return h("button", { type: "button", onclick: action, ...attributes }, label);
}

/**
 * Whether there is a number to show.
 * @param {number | null | undefined} value
 * @returns {value is number}
 */
function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

const groupedNumber = new Intl.NumberFormat("en-US");

/**
 * "98.37%".
 * @param {number | null | undefined} fraction
 * @param {number} [digits]
 */
function percent(fraction, digits = 2) {
  return isNumber(fraction) ? `${(100 * fraction).toFixed(digits)}%` : missingText;
}

/**
 * "2,446".
 * @param {number | null | undefined} n
 */
function count(n) {
  return isNumber(n) ? groupedNumber.format(n) : missingText;
}

/**
 * The number to so many significant digits: "0.06213", "1.2e-7".
 * @param {number | null | undefined} x
 * @param {number} [digits]
 */
function significant(x, digits = 4) {
  return isNumber(x) ? String(Number(x.toPrecision(digits))) : missingText;
}

/**
 * "12.3 s", "5 min 03 s", "1 h 03 min", "2 d 04 h".
 * @param {number | null | undefined} seconds
 */
function duration(seconds) {
  if (!isNumber(seconds)) return missingText;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  /** @param {number} n */
  const two = n => String(n).padStart(2, "0");
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  const hours = Math.round(seconds / 3600);
  return `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
}

/**
 * A moment in local time: "2026-11-30 04:12".
 * @param {number | null | undefined} unixSeconds
 */
function moment(unixSeconds) {
  if (!isNumber(unixSeconds)) return missingText;
  const at = new Date(1000 * unixSeconds);
  /** @param {number} n */
  const two = n => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/**
 * "512 B", "1.2 MB".
 * @param {number | null | undefined} n
 */
function bytes(n) {
  if (!isNumber(n)) return missingText;
  if (n < 1000) return `${n} B`;
  const units = ["kB", "MB", "GB", "TB"];
  const place = Math.min(units.length, Math.floor(Math.log10(n) / 3));
  return `${(n / 1000 ** place).toFixed(1)} ${units[place - 1]}`;
}

/**
 * A region that scrolls by itself when what is in it is wide; the keyboard can scroll it too.
 * @param {string} label
 * @param {...Child} children
 */
function scrollRegion(label, ...children) {
  return h("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": label }, ...children);
}

/**
 * A table in a region that scrolls. The first cell of a row is its header.
 * @param {string} caption
 * @param {Header[]} headers
 * @param {Child[][]} rows
 * @param {Attributes} [options] attributes of the table
 * @returns {HTMLElement}
 */
function dataTable(caption, headers, rows, options) {
  /** @param {number} place */
  const kind = place => (headers[place]?.numeric ? "numeric" : null);
  return scrollRegion(
    caption,
    h(
      "table",
      options,
      h("caption", null, caption),
      h("thead", null, h("tr", null, headers.map((header, place) => h("th", { scope: "col", class: kind(place) }, header.text)))),
      h(
        "tbody",
        null,
        rows.map(row =>
          h("tr", null, row.map((cell, place) => (place === 0 ? h("th", { scope: "row", class: kind(0) }, cell) : h("td", { class: kind(place) }, cell)))))),
    ),
  );
}

/**
 * Hands a file to the reader.
 * @param {string} name
 * @param {Blob} blob
 */
function download(name, blob) {
  const address = URL.createObjectURL(blob);
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

/**
 * A table as CSV (RFC 4180); what is missing is an empty cell.
 * @param {string[]} headers
 * @param {(string | number | null | undefined)[][]} rows
 */
function csvBlob(headers, rows) {
  /** @param {string | number | null | undefined} cell */
  const quoted = cell => {
    const text = cell === null || cell === undefined ? "" : String(cell);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [headers, ...rows].map(row => row.map(quoted).join(",") + "\r\n");
  return new Blob(lines, { type: "text/csv;charset=utf-8" });
}

/**
 * A link to the view of a run.
 * @param {string} name
 */
function runLink(name) {
  return h("a", { href: `#/run/${encodeURIComponent(name)}` }, name);
}

/**
 * The status of a run as a word with a sign of its own.
 * @param {Status} status
 */
function statusBadge(status) {
  return h("span", { class: `badge status-${status}` }, status);
}

/**
 * Calls f once its calls have paused for so many milliseconds, with what it was last called with.
 * @template {any[]} Arguments
 * @param {(...values: Arguments) => void} f
 * @param {number} ms
 * @returns {(...values: Arguments) => void}
 */
function debounce(f, ms) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => f(...values), ms);
  };
}

"use strict";

/** Longest side of a mask's picture in pixels, where every weight has at least one. */
const pictureSide = 800;

/** Longest side that browsers can draw. */
const longestSide = 16000;

/** Layers whose pictures are drawn at once; the others when they are opened. */
const openLayers = 4;

/**
 * The bytes of a mask's bits. Layers may have millions of them.
 * @param {string} base64
 */
function bytesOfBits(base64) {
  const text = atob(base64);
  const found = new Uint8Array(text.length);

  for (let index = 0; index < text.length; index++) {
    found[index] = text.charCodeAt(index);
  }

  return found;
}

/**
 * Size of a mask's picture in weights and gaps: outputs by inputs, each a kernel.
 * @param {LayerMask} layer
 */
function pictureSize(layer) {
  const gap = layer.height * layer.width > 1 ? 1 : 0;
  return { gap, width: layer.inputs * (layer.width + gap) - gap, height: layer.outputs * (layer.height + gap) - gap };
}

/**
 * The color of every weight. The colors are those of weights that are not active, active here, active in the other mask, active in both.
 * @param {LayerMask} layer
 * @param {Uint32Array} colors
 */
function weightColors(layer, colors) {
  const here = bytesOfBits(layer.bits ?? "");
  const other = layer.otherBits === null ? new Uint8Array(here.length) : bytesOfBits(layer.otherBits);
  const found = new Uint32Array(8 * here.length).fill(colors[0]);

  for (let place = 0; place < here.length; place++) {
    const one = here[place];
    const two = other[place];

    // Most bytes of a sparse mask have no bit.
    for (let bit = 0, rest = one | two; rest !== 0; bit++, rest >>= 1) {
      found[8 * place + bit] = colors[((one >> bit) & 1) + 2 * ((two >> bit) & 1)];
    }
  }

  return found.subarray(0, layer.outputs * layer.inputs * layer.height * layer.width);
}

/**
 * The pixels of a mask's picture, row by row: kernels are set apart by gaps without a color.
 * @param {LayerMask} layer
 * @param {Uint32Array} colors
 */
function maskPixels(layer, colors) {
  const { gap, width, height } = pictureSize(layer);
  const weights = weightColors(layer, colors);

  if (gap === 0) {
    return weights; // a matrix lies in the order of its picture
  }

  const pixels = new Uint32Array(width * height);
  let weight = 0;

  for (let output = 0; output < layer.outputs; output++) {
    for (let input = 0; input < layer.inputs; input++) {
      for (let row = 0; row < layer.height; row++) {
        const pixel = (output * (layer.height + gap) + row) * width + input * (layer.width + gap);
        pixels.set(weights.subarray(weight, weight + layer.width), pixel);
        weight += layer.width;
      }
    }
  }

  return pixels;
}

/**
 * Colors as a canvas keeps them.
 * @param {string[]} colors "#rrggbb"
 */
function pixelColors(colors) {
  const parts = colors.flatMap(color => [1, 3, 5].map(start => parseInt(color.slice(start, start + 2), 16)).concat(255));
  return new Uint32Array(new Uint8Array(parts).buffer);
}

/** @param {LayerMask} layer */
function layerShape(layer) {
  return layer.height * layer.width > 1 ? `${layer.outputs} × ${layer.inputs} × ${layer.height} × ${layer.width}` : `${layer.outputs} × ${layer.inputs}`;
}

/** @param {LayerMask} layer */
function layerSentence(layer) {
  const shape =
    layer.height * layer.width > 1
      ? `${layer.outputs} outputs by ${layer.inputs} inputs of ${layer.height} by ${layer.width} kernels`
      : `${layer.outputs} outputs by ${layer.inputs} inputs`;

  const change = layer.appeared === null ? "" : ` ${count(layer.appeared)} appeared, and ${count(layer.vanished)} vanished.`;
  return `Mask of ${layer.name}, ${shape}: ${count(layer.active)} of ${count(layer.weights)} weights are active (${percent(layer.active / layer.weights)}).${change}`;
}

/**
 * The picture of a layer's mask: a pixel or more for every weight.
 * @param {LayerMask} layer
 * @param {number} room Pixels across that there are.
 */
function maskPicture(layer, room) {
  const { width, height } = pictureSize(layer);

  if (layer.bits === null || Math.max(width, height) > longestSide) {
    return h("p", { class: "muted" }, "This layer is too large to be drawn.");
  }

  const scale = Math.max(1, Math.floor(Math.min(Math.min(room, pictureSide) / width, pictureSide / height)));
  const style = `display:block;max-width:none;width:${scale * width}px;height:${scale * height}px;image-rendering:pixelated`;
  const canvas = h("canvas", { width, height, role: "img", "aria-label": layerSentence(layer), style });

  const paint = () => {
    const { inactive, active, kept, appeared, vanished } = colorsNow().mask;
    const colors = pixelColors(layer.otherBits === null ? [inactive, active] : [inactive, appeared, vanished, kept]);
    const pixels = maskPixels(layer, colors);
    const image = new ImageData(new Uint8ClampedArray(pixels.buffer, 0, pixels.byteLength), width, height);
    canvas.getContext("2d")?.putImageData(image, 0, 0);
  };

  paintInColors(canvas, paint);
  return scrollRegion(`Picture of the mask of ${layer.name}`, canvas);
}

/**
 * Says what the colors of the pictures stand for.
 * @param {boolean} compared
 */
function maskLegend(compared) {
  const legend = h("ul", { "aria-label": "Colors of the pictures", style: "display:flex;flex-wrap:wrap;gap:.2em 1.2em;list-style:none;padding:0" });

  /** @type {[keyof typeof lightColors.mask, string][]} */
  const entries = compared
    ? [["kept", "kept: active in both"], ["appeared", "appeared: active here, not in the other"], ["vanished", "vanished: active in the other, not here"], ["inactive", "active in neither"]]
    : [["active", "active"], ["inactive", "not active"]];

  paintInColors(legend, () => {
    const { mask, ink } = colorsNow();

    const entry = (/** @type {[keyof typeof mask, string]} */ [kind, words]) => {
      const square = s("rect", { x: "0.5", y: "0.5", width: "13", height: "13", fill: mask[kind], stroke: ink });
      return h("li", {}, s("svg", { width: "14", height: "14", "aria-hidden": "true" }, square), ` ${words}`);
    };

    legend.replaceChildren(...entries.map(entry));
  });

  return legend;
}

/**
 * Draws how many neurons have how many active weights.
 * @param {HTMLElement} place
 * @param {LayerMask} layer
 * @param {"fanIn" | "fanOut"} side
 */
function drawFan(place, layer, side) {
  const [x, y, color] = side === "fanIn" ? ["active weights into an output", "outputs", 0] : ["active weights out of an input", "inputs", 4];
  const bars = layer[side];

  drawPlot(place, [{ name: String(y), kind: "bar", x: bars.map(bar => bar.count), y: bars.map(bar => bar.neurons), color: Number(color) }], {
    label: `${side === "fanIn" ? "Fan-in" : "Fan-out"} of ${layer.name}: how many ${y} have how many ${x}`,
    x: String(x),
    y: String(y),
    height: 240,
    key: side,
    table: () => ({
      headers: [{ text: String(x), numeric: true }, { text: String(y), numeric: true }],
      rows: bars.map(bar => [count(bar.count), count(bar.neurons)]),
    }),
  });
}

/**
 * A layer with its picture and its histograms; they are made when it is opened.
 * @param {LayerMask} layer
 * @param {boolean} open
 */
function layerPart(layer, open) {
  const body = h("div");
  const part = h("details", { open }, h("summary", {}, `${layer.name}: ${layerShape(layer)}, ${percent(layer.active / layer.weights)} active`), body);

  part.addEventListener("toggle", () => {
    if (part.open && !body.hasChildNodes()) {
      const fans = [h("div"), h("div")];
      body.append(maskPicture(layer, body.clientWidth), h("div", { class: "grid" }, fans));
      drawFan(fans[0], layer, "fanIn");
      drawFan(fans[1], layer, "fanOut");
    }
  });

  return part;
}

/** @param {Masks} masks */
function masksTable(masks) {
  const compared = masks.other !== null;
  const numeric = (/** @type {string} */ text) => ({ text, numeric: true });

  const headers = [
    { text: "layer" },
    { text: "shape" },
    ...["weights", "active", "density", "effective", "dead"].map(numeric),
    ...(compared ? ["appeared", "vanished"].map(numeric) : []),
  ];

  const rows = masks.layers.map(layer => [
    layer.name,
    layerShape(layer),
    count(layer.weights),
    count(layer.active),
    percent(layer.active / layer.weights),
    count(layer.effective),
    count(layer.dead),
    ...(compared ? [count(layer.appeared), count(layer.vanished)] : []),
  ]);

  return dataTable(`Masks at step ${count(masks.step)}${compared ? `, compared with step ${count(masks.other)}` : ""}`, headers, rows);
}

/**
 * Draws the share of active weights of each layer.
 * @param {HTMLElement} place
 * @param {Masks} masks
 */
function drawDensities(place, masks) {
  const densities = masks.layers.map(layer => layer.active / layer.weights);

  drawPlot(place, [{ name: "density", kind: "bar", x: masks.layers.map(layer => layer.name), y: densities, color: 0 }], {
    label: `Density by layer at step ${masks.step}`,
    x: "layer",
    y: "share of weights that are active",
    height: 280,
    key: "densities",
    table: () => ({
      headers: [{ text: "layer" }, { text: "density", numeric: true }],
      rows: masks.layers.map((layer, index) => [layer.name, percent(densities[index])]),
    }),
  });
}

/**
 * Shows masks in a place on the page.
 * @param {HTMLElement} place
 * @param {Masks} masks
 */
function drawMasks(place, masks) {
  const cut = masks.cut === null ? null : h("p", { class: "error" }, `No path of active weights leads from the input to the output: nothing of the input reaches beyond '${masks.cut}'.`);
  const densities = h("div");
  const opened = new Set([...place.querySelectorAll("details[data-layer][open]")].map(part => part.getAttribute("data-layer")));

  const layers = masks.layers.map((layer, index) => {
    const part = layerPart(layer, opened.size > 0 ? opened.has(layer.name) : index < openLayers);
    part.setAttribute("data-layer", layer.name);
    return part;
  });

  place.replaceChildren(
    ...(cut ? [cut] : []),
    masksTable(masks),
    h("p", { class: "muted" }, "Effective: active weights on a path from the input to the output. Dead: neurons on no such path."),
    h("h3", {}, "Density by layer"),
    densities,
    h("h3", {}, "Pictures"),
    h("p", { class: "muted" }, "Rows are outputs, columns are inputs; a convolution has a kernel at every place."),
    maskLegend(masks.other !== null),
    ...layers,
  );

  drawDensities(densities, masks);
}

/**
 * Shows the masks of a run in a place on the page: those of its last checkpoint, until the reader chooses. What it returns hears of new checkpoints.
 * @param {HTMLElement} place
 * @param {string} run
 * @param {RunDetails} details
 * @returns {(details: RunDetails) => void}
 */
function showMasks(place, run, details) {
  const step = h("select");
  const other = h("select");
  const content = h("div");
  let last = details;
  let chosen = false;

  const ask = () => {
    if (chosen) {
      fillFrom(content, () => app.source.masks(run, Number(step.value), other.value === "" ? null : Number(other.value)), masks => drawMasks(content, masks));
    } else {
      showLast();
    }
  };

  const showLast = () => {
    const { masks, masksProblem } = last;

    if (masks) {
      step.value = String(masks.step);
      fillFrom(content, () => Promise.resolve(masks), there => drawMasks(content, there));
    } else {
      fillFrom(content, () => Promise.reject(new Error(masksProblem ?? "This run has no masks.")), () => undefined);
    }
  };

  const choose = () => {
    chosen = true;
    ask();
  };

  const offer = () => {
    const [own, against] = [step.value, other.value];
    const options = () => last.checkpoints.map(one => h("option", { value: one.step }, `step ${count(one.step)}`));
    step.replaceChildren(...options());
    other.replaceChildren(h("option", { value: "" }, "none"), ...options());
    step.value = chosen ? own : String(last.masks?.step ?? last.checkpoints.at(-1)?.step ?? "");
    other.value = against;
  };

  step.addEventListener("change", choose);
  other.addEventListener("change", choose);
  place.replaceChildren(h("div", { class: "controls" }, h("label", {}, "Checkpoint ", step), h("label", {}, "Compared with ", other)), content);
  offer();
  ask();

  return now => {
    const moved = now.masks?.step !== last.masks?.step;
    last = now;
    offer();

    if (moved && !chosen) {
      showLast();
    }
  };
}

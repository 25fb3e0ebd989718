"use strict";

/**
 * What is known of a mean: itself and the ends of its 80% interval.
 * @typedef {{ mean: number, lower: number, upper: number }} Band
 */

/**
 * A mean over several curves. `n` says how many of them have a value at a step.
 * @typedef {{ steps: number[], mean: number[], lower: number[], upper: number[], n: number[] }} GroupCurve
 */

/**
 * The arithmetic mean; NaN for no values.
 * @param {number[]} values
 */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * The mean with its two-sided 80% Student-t interval, by the sample deviation. A single value has no width.
 * @param {number[]} values
 * @returns {Band}
 */
function band(values) {
  const center = mean(values);

  if (values.length < 2) {
    return { mean: center, lower: center, upper: center };
  }

  const freedom = values.length - 1;
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  const quantile = app.quantiles[Math.min(freedom, app.quantiles.length) - 1];
  const half = (quantile * Math.sqrt(squares / freedom)) / Math.sqrt(values.length);
  return { mean: center, lower: center - half, upper: center + half };
}

/**
 * The exponential moving average of values; `weight` is that of the past, from 0 (none) to below 1. The first values are not drawn towards 0. Gaps stay gaps.
 * @param {(number | null)[]} values
 * @param {number} weight
 * @returns {(number | null)[]}
 */
function smoothed(values, weight) {
  if (weight === 0) {
    return values;
  }

  let average = 0;
  let share = 0; // what the values so far weigh together

  return values.map(value => {
    if (value === null) {
      return null;
    }

    average = weight * average + (1 - weight) * value;
    share = weight * share + (1 - weight);
    return average / share;
  });
}

/**
 * Mean and interval at every step at which any of the curves has a value, over those that have one, in the order of the steps.
 * @param {{ steps: number[], values: (number | null)[] }[]} curves
 * @returns {GroupCurve}
 */
function groupCurves(curves) {
  /** @type {Map<number, number[]>} */
  const valuesAt = new Map();

  for (const curve of curves) {
    curve.steps.forEach((step, index) => {
      const value = curve.values[index];

      if (value !== null) {
        const there = valuesAt.get(step);

        if (there) {
          there.push(value);
        } else {
          valuesAt.set(step, [value]);
        }
      }
    });
  }

  const steps = [...valuesAt.keys()].sort((first, second) => first - second);
  const values = steps.map(step => /** @type {number[]} */ (valuesAt.get(step)));
  const bands = values.map(band);

  return {
    steps,
    mean: bands.map(one => one.mean),
    lower: bands.map(one => one.lower),
    upper: bands.map(one => one.upper),
    n: values.map(those => those.length),
  };
}

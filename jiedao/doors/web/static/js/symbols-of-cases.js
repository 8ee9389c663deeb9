/**
 * Symbols of cases (案件符号): the columns of a snapshot as symbols, each with the face its clock has now.
 */

import { serverNow } from "./page.js";

/**
 * @typedef {{fine: number, west: number, south: number, minute: number, more: boolean, number: string[], x: number[],
 *   y: number[], severity: string, paused: string, due: number[], soon: number[], gone?: string[]}} Columns
 * @typedef {{number: string, lon: number, lat: number, severe: boolean, paused: boolean, due: number, soon: number}} Symbol
 */

/**
 * @param {Columns} columns
 * @returns {Symbol[]}
 */
export function symbolsOf(columns) {
  return columns.number.map((number, index) => {
    const due = columns.due[index] ?? -1;
    return {
      number,
      lon: (columns.west + (columns.x[index] ?? 0)) / columns.fine,
      lat: (columns.south + (columns.y[index] ?? 0)) / columns.fine,
      severe: Number(columns.severity[index] ?? 0) > 1,
      paused: columns.paused[index] === "1",
      due: due < 0 ? -1 : columns.minute + due,
      soon: columns.soon[index] ?? 0,
    };
  });
}

/**
 * The face a clock has at a moment, by the server's time: the same rule as in the list.
 * @param {Symbol} symbol
 * @param {number} [minute]
 */
export function faceOf(symbol, minute = serverNow() / 60_000) {
  if (symbol.paused) return "paused";
  if (symbol.due < 0) return "running";
  if (minute >= symbol.due) return "overdue";
  return minute >= symbol.due - symbol.soon ? "soon" : "running";
}

/** How a symbol looks, in a few signs: what looks the same is not drawn again. */
export class Looks {
  /** @type {Map<string, string>} */
  drawn = new Map();

  /**
   * What must be drawn, drawn anew and taken away so that the map shows these features and no others.
   * @param {GeoJSON.Feature[]} wanted with an id each
   */
  step(wanted) {
    /** @type {GeoJSON.Feature[]} */
    const add = [];
    const keep = new Map();
    for (const feature of wanted) {
      const id = String(feature.id);
      const look = JSON.stringify([feature.geometry, feature.properties]);
      keep.set(id, look);
      if (this.drawn.get(id) !== look) add.push(feature);
    }
    const remove = [...this.drawn.keys()].filter((id) => !keep.has(id));
    this.drawn = keep;
    return { add, remove };
  }
}

/**
 * The rim of a cluster: how much of it is overdue, due soon, or neither, in sixteenths of the circle.
 * @param {number} overdue
 * @param {number} soon
 * @param {(name: string) => string} token
 */
export function rim(overdue, soon, token) {
  const size = 96;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return new ImageData(size, size);
  const [middle, turn] = [size / 2, Math.PI / 8];
  context.fillStyle = token("surface");
  context.beginPath();
  context.arc(middle, middle, 38, 0, 2 * Math.PI);
  context.fill();
  let from = -Math.PI / 2;
  const parts = /** @type {const} */ ([
    [Math.min(overdue, 16), "overdue", 12],
    [Math.min(soon, 16 - Math.min(overdue, 16)), "soon", 8],
    [Math.max(16 - overdue - soon, 0), "control", 4],
  ]);
  for (const [share, colour, width] of parts) {
    if (!share) continue;
    context.strokeStyle = token(colour);
    context.lineWidth = width;
    context.beginPath();
    context.arc(middle, middle, 36, from, from + share * turn);
    context.stroke();
    from += share * turn;
  }
  return context.getImageData(0, 0, size, size);
}

/**
 * Map symbols (图上符号): cases are angular; the face of the clock is the shape, never the colour alone.
 */

const SIZE = 48;

/**
 * A token of the style sheet, for what is drawn on a canvas.
 * @param {string} name
 */
export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** @type {Record<string, (c: CanvasRenderingContext2D) => void>} */
const SHAPES = {
  running(c) {
    c.strokeStyle = token("ink");
    c.fillStyle = token("surface");
    c.fillRect(14, 14, 20, 20);
    c.strokeRect(14, 14, 20, 20);
  },
  soon(c) {
    c.fillStyle = token("soon");
    path(c, [24, 10], [38, 36], [10, 36]);
    c.fill();
  },
  overdue(c) {
    c.fillStyle = token("overdue");
    path(c, [24, 8], [40, 24], [24, 40], [8, 24]);
    c.fill();
  },
  paused(c) {
    c.strokeStyle = token("ink-3");
    c.fillStyle = token("surface");
    c.fillRect(14, 14, 20, 20);
    c.strokeRect(14, 14, 20, 20);
    path(c, [21, 19], [21, 29]);
    c.stroke();
    path(c, [27, 19], [27, 29]);
    c.stroke();
  },
  stopped(c) {
    c.strokeStyle = token("ink-3");
    c.beginPath();
    c.moveTo(14, 25);
    c.lineTo(21, 32);
    c.lineTo(34, 17);
    c.stroke();
  },
};

/**
 * @param {CanvasRenderingContext2D} c
 * @param {...[number, number]} points
 */
function path(c, ...points) {
  c.beginPath();
  points.forEach(([x, y], index) => (index ? c.lineTo(x, y) : c.moveTo(x, y)));
  c.closePath();
}

export const FACES = Object.keys(SHAPES);

/**
 * One symbol as pixels, drawn at twice its size; a severe case has a plum ring round any face.
 * @param {string} face
 * @param {boolean} severe
 */
export function symbol(face, severe) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return new ImageData(SIZE, SIZE);
  context.lineWidth = 4;
  context.lineJoin = "round";
  SHAPES[face]?.(context);
  if (severe) {
    context.strokeStyle = token("severe");
    context.beginPath();
    context.arc(24, 24, 21, 0, 2 * Math.PI);
    context.stroke();
  }
  return context.getImageData(0, 0, SIZE, SIZE);
}

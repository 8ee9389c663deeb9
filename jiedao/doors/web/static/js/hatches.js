/**
 * Hatches (图案): what is wrong with a grid as a pattern, so that it is seen without colour.
 */

const SIZE = 24;

/**
 * 45° lines that meet at the edges of the tile: nobody serves this grid.
 * @param {string} colour
 */
export function hatch(colour) {
  return drawn(colour, (c) => {
    for (const [x, y] of /** @type {const} */ ([[0, SIZE], [-SIZE / 2, SIZE / 2], [SIZE / 2, SIZE * 1.5]])) {
      c.moveTo(x, y);
      c.lineTo(x + SIZE, y - SIZE);
    }
  });
}

/**
 * Lines both ways: a gap, or ground that two share.
 * @param {string} colour
 */
export function crossed(colour) {
  return drawn(colour, (c) => {
    c.moveTo(0, SIZE);
    c.lineTo(SIZE, 0);
    c.moveTo(0, 0);
    c.lineTo(SIZE, SIZE);
  });
}

/**
 * @param {string} colour
 * @param {(c: CanvasRenderingContext2D) => void} path
 */
function drawn(colour, path) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return new ImageData(SIZE, SIZE);
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.beginPath();
  path(context);
  context.stroke();
  return context.getImageData(0, 0, SIZE, SIZE);
}

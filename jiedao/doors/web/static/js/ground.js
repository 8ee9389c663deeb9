/**
 * The ground below a map (底图): tiles of our own host, if any, and the shift of a GCJ-02 ground.
 *
 * Points are WGS 84 everywhere. Only what is drawn on such a ground is shifted, and a frame of it shifted back.
 */

/** @typedef {{tiles: string, system: string, far: number, credit: string}} Ground */

/** @param {string | undefined} told @returns {Ground | undefined} */
export const groundOf = (told) => (told ? JSON.parse(told) : undefined);

const [AXIS, ECCENTRICITY] = [6_378_245.0, 0.006_693_421_622_965_943];

/**
 * The same approximation as on the server (ground/places/coords.py).
 * @param {[number, number]} point
 * @returns {[number, number]}
 */
export function toGcj([lon, lat]) {
  const { sin, cos, sqrt, abs, PI } = Math;
  if (lon < 72.004 || lon > 137.8347 || lat < 0.8293 || lat > 55.8271) return [lon, lat];
  const [x, y] = [lon - 105, lat - 35];
  const ripple = ((20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2) / 3;
  const root = sqrt(abs(x));
  let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple;
  east += ((20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * 2) / 3;
  east += ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3;
  let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple;
  north += ((20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * 2) / 3;
  north += ((160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * 2) / 3;
  const latitude = (lat * PI) / 180;
  const bulge = 1 - ECCENTRICITY * sin(latitude) ** 2;
  const perNorth = (((AXIS * (1 - ECCENTRICITY)) / (bulge * sqrt(bulge))) * PI) / 180;
  const perEast = ((AXIS / sqrt(bulge)) * cos(latitude) * PI) / 180;
  return [lon + east / perEast, lat + north / perNorth];
}

/**
 * Back to WGS 84, approached: the shift cannot be inverted.
 * @param {[number, number]} point
 * @returns {[number, number]}
 */
export function fromGcj([lon, lat]) {
  let [x, y] = [lon, lat];
  for (let turn = 0; turn < 5; turn += 1) {
    const [east, north] = toGcj([x, y]);
    [x, y] = [x + lon - east, y + lat - north];
  }
  return [x, y];
}

/**
 * @param {any} shape coordinates of any depth
 * @returns {any}
 */
export function shifted(shape) {
  return typeof shape[0] === "number" ? toGcj(shape) : shape.map(shifted);
}

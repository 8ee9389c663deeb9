/**
 * People on the map (图上人员): round symbols, a call sign, a line to the case they work on. Nobody who is off duty or
 * shares nothing; an old position is a dashed ring with its age.
 */

import { FONTS, NOTHING } from "./map.js";
import { token } from "./symbols.js";

/** @typedef {[string, string, string, number, number, number, string[]]} PersonRow shift, sign, state, lon, lat, age, cases */
/** @typedef {{shift: string, sign: string, state: string, lon: number, lat: number, age: number, cases: string[]}} Person */

/** @param {PersonRow} row @returns {Person} */
export const person = ([shift, sign, state, lon, lat, age, cases]) => ({ shift, sign, state, lon, lat, age, cases });

const SIZE = 40;

/** @param {string} state */
function round(state) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE;
  const c = canvas.getContext("2d", { willReadFrequently: true });
  if (!c) return new ImageData(SIZE, SIZE);
  const [middle, reach] = [SIZE / 2, 14];
  c.lineWidth = 4;
  c.strokeStyle = token(state === "stale" ? "ink-3" : "accent");
  c.fillStyle = token("surface");
  c.beginPath();
  c.arc(middle, middle, reach, 0, 2 * Math.PI);
  c.fill();
  if (state === "stale") c.setLineDash([6, 5]);
  c.stroke();
  c.fillStyle = token("accent");
  c.beginPath();
  if (state === "free") c.arc(middle, middle, reach, 0, 2 * Math.PI);
  if (state === "busy") c.arc(middle, middle, reach, -Math.PI / 2, Math.PI / 2);
  c.fill();
  return c.getImageData(0, 0, SIZE, SIZE);
}

/** @param {import("maplibre-gl").Map} map */
export function addPeople(map) {
  for (const state of ["free", "busy", "stale"]) map.addImage(`person-${state}`, round(state), { pixelRatio: 2 });
  map.addSource("errands", { type: "geojson", data: NOTHING });
  map.addSource("people", { type: "geojson", data: NOTHING, promoteId: "shift", cluster: true, clusterMaxZoom: 11, clusterRadius: 36 });
  map.addLayer({ id: "errands", type: "line", source: "errands", paint: { "line-color": token("accent"), "line-width": 1.5, "line-dasharray": [2, 2] } });
  map.addLayer({
    id: "crowds",
    type: "circle",
    source: "people",
    filter: ["has", "point_count"],
    paint: { "circle-radius": 12, "circle-color": token("accent-tint"), "circle-stroke-color": token("accent"), "circle-stroke-width": 1.5 },
  });
  map.addLayer({
    id: "crowd-counts",
    type: "symbol",
    source: "people",
    filter: ["has", "point_count"],
    layout: { "text-field": ["to-string", ["get", "point_count"]], "text-font": FONTS, "text-size": 13, "text-allow-overlap": true },
    paint: { "text-color": token("accent") },
  });
  map.addLayer({ id: "people", type: "symbol", source: "people", filter: ["!", ["has", "point_count"]], layout: { "icon-image": ["get", "symbol"], "icon-allow-overlap": true } });
  // Below the symbols: what lies above takes its place first, and a sign goes to the side that is left free.
  const signs = /** @type {import("maplibre-gl").SymbolLayerSpecification} */ ({
    id: "signs",
    type: "symbol",
    source: "people",
    minzoom: 13,
    filter: ["!", ["has", "point_count"]],
    layout: { "text-field": ["get", "sign"], "text-font": FONTS, "text-size": 13, "text-variable-anchor": ["left", "right", "top", "bottom"], "text-radial-offset": 1.3, "text-justify": "auto", "text-padding": 0 },
    paint: { "text-color": token("accent"), "text-halo-color": token("map"), "text-halo-width": 1.5 },
  });
  map.addLayer(signs, "ring");
}

/**
 * @param {Iterable<Person>} people
 * @param {(point: [number, number]) => [number, number]} onto
 * @returns {GeoJSON.Feature[]}
 */
export function featuresOf(people, onto) {
  return [...people].map((one) => ({
    type: "Feature",
    id: one.shift,
    geometry: { type: "Point", coordinates: onto([one.lon, one.lat]) },
    properties: { shift: one.shift, symbol: `person-${one.state}`, sign: one.state === "stale" ? `${one.sign} ${Math.floor(one.age / 60)}′` : one.sign },
  }));
}

/**
 * Lines from people at work to where their cases are.
 * @param {Iterable<Person>} people
 * @param {Map<string, {lon: number, lat: number}>} cases
 * @param {(point: [number, number]) => [number, number]} onto
 * @returns {GeoJSON.FeatureCollection}
 */
export function errands(people, cases, onto) {
  /** @type {GeoJSON.Feature[]} */
  const features = [];
  for (const one of people) {
    if (one.state !== "busy") continue;
    for (const number of one.cases) {
      const there = cases.get(number);
      if (there)
        features.push({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: [onto([one.lon, one.lat]), onto([there.lon, there.lat])] } });
    }
  }
  return { type: "FeatureCollection", features };
}

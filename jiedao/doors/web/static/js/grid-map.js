/**
 * <jd-grid-map> (网格地图): all grids of a district as lines, those asked for in front, with hatches for what is wrong.
 *
 * The lines come from one address a browser keeps; what is shown of them comes with the page. The list does the same.
 */

import { CaseMap, FONTS, NOTHING, centres } from "./map.js";
import { crossed, hatch } from "./hatches.js";
import { token } from "./symbols.js";

/** @typedef {{shown: string[] | null, chosen: string, staffed: string[], faults: string[], href: string, near?: boolean}} State */

export class GridMap extends CaseMap {
  /** @type {State | undefined} */
  told;

  /** @returns {State} */
  get state() {
    this.told ??= /** @type {State} */ (JSON.parse(document.getElementById(this.dataset.state ?? "")?.textContent || "{}"));
    return this.told;
  }

  /** What the page says about each grid, written on it once: a layer can then ask for it. */
  mark_grids() {
    const { shown, chosen, staffed, faults } = this.state;
    const wanted = shown && new Set(shown);
    const [people, wrong] = [new Set(staffed), new Set(faults)];
    for (const { properties } of this.outlines?.features ?? []) {
      if (!properties) continue;
      const isGrid = properties.level === "grid";
      properties.chosen = properties.code === chosen;
      properties.front = isGrid && (!wanted || wanted.has(properties.code));
      properties.nobody = properties.front && !people.has(properties.code);
      properties.wrong = properties.front && wrong.has(properties.code);
    }
    const front = (this.outlines?.features ?? []).filter(({ properties }) => properties?.front || properties?.chosen);
    this.front = { type: /** @type {const} */ ("FeatureCollection"), features: front };
  }

  /**
   * @override
   * @param {import("maplibre-gl").Map} map
   */
  draw(map) {
    if (!this.front) this.mark_grids();
    map.addImage("hatch", hatch(token("control")), { pixelRatio: 2 });
    map.addImage("crossed", crossed(token("ink")), { pixelRatio: 2 });
    map.addSource("outlines", { type: "geojson", data: this.outlines ?? NOTHING });
    map.addSource("names", { type: "geojson", data: centres(this.outlines ?? NOTHING, this.library) });
    map.addSource("cases", { type: "geojson", data: this.spots() });
    this.fill(map);
    this.line(map);
    this.label(map);
    this.spot(map);
    this.listen(map);
  }

  /** @param {import("maplibre-gl").Map} map */
  fill(map) {
    const fills = /** @type {const} */ ([
      ["chosen", ["==", ["get", "chosen"], true], { "fill-color": token("accent-tint") }],
      ["nobody", ["==", ["get", "nobody"], true], { "fill-pattern": "hatch" }],
      ["wrong", ["==", ["get", "wrong"], true], { "fill-pattern": "crossed" }],
    ]);
    for (const [id, filter, paint] of fills)
      map.addLayer({ id, type: "fill", source: "outlines", filter: /** @type {any} */ (filter), paint });
  }

  /** @param {import("maplibre-gl").Map} map */
  line(map) {
    const grid = ["==", ["get", "level"], "grid"];
    const exclusive = ["==", ["get", "kind"], "exclusive"];
    const colour = ["case", ["any", ["get", "front"], ["!", grid]], token("control"), token("hairline")];
    const lines = /** @type {any[]} */ ([
      { id: "grids", filter: ["all", grid, ["!", exclusive]], paint: { "line-color": colour, "line-width": 1 } },
      {
        id: "exclusive",
        filter: exclusive,
        paint: { "line-color": colour, "line-width": 1.25, "line-dasharray": [3, 2] },
      },
      {
        id: "above",
        filter: ["!", grid],
        paint: {
          "line-color": token("control"),
          "line-width": ["match", ["get", "level"], "district", 2.5, "subdistrict", 2, 1.5],
        },
      },
      { id: "picked", filter: ["==", ["get", "chosen"], true], paint: { "line-color": token("accent"), "line-width": 2.5 } },
    ]);
    for (const layer of lines) map.addLayer({ type: "line", source: "outlines", ...layer });
  }

  /** @param {import("maplibre-gl").Map} map */
  label(map) {
    // Glyphs are drawn on this machine, sign by sign: a whole district's names at once would cost a second.
    const zooms = { subdistrict: [0, 13], community: [13, 15], grid: [15, 24] };
    for (const [level, [from, to]] of Object.entries(zooms))
      map.addLayer({
        id: `names-${level}`,
        type: "symbol",
        source: "names",
        minzoom: from ?? 0,
        maxzoom: to ?? 24,
        filter: ["==", ["get", "level"], level],
        layout: { "text-field": ["get", "name"], "text-font": FONTS, "text-size": 13 },
        paint: { "text-color": token("ink-2"), "text-halo-color": token("map"), "text-halo-width": 1.5 },
      });
  }

  /** @returns {GeoJSON.FeatureCollection} */
  spots() {
    const features = (this.cases ?? []).map((point) => ({
      type: /** @type {const} */ ("Feature"),
      geometry: { type: /** @type {const} */ ("Point"), coordinates: [point.lon, point.lat] },
      properties: { label: point.label ?? "" },
    }));
    return { type: "FeatureCollection", features };
  }

  /** @param {import("maplibre-gl").Map} map */
  spot(map) {
    map.addLayer({
      id: "sites",
      type: "circle",
      source: "cases",
      paint: { "circle-radius": 4, "circle-color": token("ink-3"), "circle-stroke-color": token("surface"), "circle-stroke-width": 1 },
    });
    map.addLayer({
      id: "site-names",
      type: "symbol",
      source: "cases",
      minzoom: 15,
      layout: { "text-field": ["get", "label"], "text-font": FONTS, "text-size": 13, "text-anchor": "left", "text-offset": [0.8, 0] },
      paint: { "text-color": token("ink"), "text-halo-color": token("map"), "text-halo-width": 1.5 },
    });
  }

  /** @param {import("maplibre-gl").Map} map */
  listen(map) {
    if (this.listening) return;
    this.listening = true;
    map.getCanvas().style.cursor = "pointer";
    map.on("click", (event) => {
      const code = this.hit([event.lngLat.lng, event.lngLat.lat]);
      if (code && this.state.href) window.location.assign(this.state.href.replace("CODE", code));
    });
  }

  /**
   * The grid at a point: asked of the shapes, for a layer that nobody sees would be drawn a thousand times.
   * An exclusive grid lies in an integrated one, and is the one that was meant.
   * @param {[number, number]} place
   * @returns {string | undefined}
   */
  hit(place) {
    const found = (this.front?.features ?? []).filter(({ properties, geometry }) => properties?.front && holds(geometry, place));
    const meant = found.find(({ properties }) => properties?.kind === "exclusive") ?? found[0];
    return meant?.properties?.code;
  }
}

/**
 * Does a polygon hold a point: crossing its rings an odd number of times on the way out?
 * @param {GeoJSON.Geometry} shape
 * @param {[number, number]} place
 */
export function holds(shape, [x, y]) {
  if (shape.type !== "Polygon" && shape.type !== "MultiPolygon") return false;
  const rings = shape.type === "Polygon" ? shape.coordinates : shape.coordinates.flat();
  let inside = false;
  for (const ring of rings)
    for (let at = 1; at < ring.length; at += 1) {
      const [ax = 0, ay = 0] = ring[at - 1] ?? [];
      const [bx = 0, by = 0] = ring[at] ?? [];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
    }
  return inside;
}

customElements.define("jd-grid-map", GridMap);

/**
 * <jd-map> (地图): outlines of areas, cases as symbols, and picking a point. No tile service, no glyphs.
 *
 * The list or the number fields beside it do the same without a map: without WebGL this only says so.
 */

import { FACES, symbol, token } from "./symbols.js";

/** @typedef {import("maplibre-gl")} Library */
/** @typedef {{id: string, lon: number, lat: number, face?: string, severe?: boolean, label?: string, href?: string}} CasePoint */

/** @type {GeoJSON.FeatureCollection} */
export const NOTHING = { type: "FeatureCollection", features: [] };

export class CaseMap extends HTMLElement {
  /** @type {import("maplibre-gl").Marker | undefined} */
  pin;

  connectedCallback() {
    if (this.canvas) return;
    this.canvas = document.createElement("div");
    this.canvas.className = "canvas";
    this.prepend(this.canvas);
    // The library is a megabyte: it is fetched when the map comes into view, and not before.
    new IntersectionObserver((seen, watcher) => {
      if (!seen.some((entry) => entry.isIntersecting)) return;
      watcher.disconnect();
      this.open().catch(() => this.giveUp());
    }).observe(this);
  }

  disconnectedCallback() {
    this.map?.remove();
  }

  giveUp() {
    if (!this.canvas) return;
    const told = document.createElement("p");
    told.className = "empty";
    told.textContent = this.dataset.wordNone ?? "";
    this.canvas.replaceWith(told);
  }

  async open() {
    this.dress();
    // What is shown is asked for while the library is read and the canvas is made, not one after another.
    const given = Promise.all([read(this.dataset.outlines, this.dataset.outlinesUrl), read(this.dataset.cases, this.dataset.casesUrl), this.fetched()]);
    given.catch(() => undefined);
    const library = await /** @type {Promise<Library>} */ (import(this.dataset.lib ?? ""));
    library.setWorkerUrl(this.dataset.worker ?? "");
    this.library = library;
    const map = new library.Map({
      container: /** @type {HTMLElement} */ (this.canvas),
      style: this.ground(),
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      fadeDuration: 0,
      maxZoom: 19,
      locale: this.words(),
    });
    this.map = map;
    map.touchZoomRotate.disableRotation();
    map.addControl(new library.NavigationControl({ showCompass: false }), "bottom-right");
    const [[outlines, cases]] = await Promise.all([given, map.once("style.load")]);
    this.outlines = /** @type {GeoJSON.FeatureCollection} */ (outlines ?? NOTHING);
    this.cases = /** @type {CasePoint[]} */ (cases ?? []);
    this.draw(map);
    this.frame(map);
    if (this.hasAttribute("data-pick")) this.pickable(map);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.repaint(map));
    this.dataset.ready = "";
  }

  /** What a subclass asks for besides, at the same time. @returns {Promise<unknown>} */
  fetched() {
    return Promise.resolve();
  }

  dress() {
    const href = this.dataset.css ?? "";
    if (!href || document.querySelector(`link[href="${CSS.escape(href)}"]`)) return;
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = href;
    document.head.prepend(link);
  }

  words() {
    return {
      "Map.Title": this.dataset.wordMap ?? "Map",
      "NavigationControl.ZoomIn": this.dataset.wordIn ?? "Zoom in",
      "NavigationControl.ZoomOut": this.dataset.wordOut ?? "Zoom out",
    };
  }

  /** @returns {import("maplibre-gl").StyleSpecification} */
  ground() {
    return {
      version: 8,
      sources: {},
      layers: [{ id: "ground", type: "background", paint: { "background-color": token("map") } }],
    };
  }

  /** @param {import("maplibre-gl").Map} map */
  repaint(map) {
    map.setStyle(this.ground());
    map.once("styledata", () => this.draw(map));
  }

  /** @param {import("maplibre-gl").Map} map */
  draw(map) {
    for (const face of FACES) {
      map.addImage(face, symbol(face, false), { pixelRatio: 2 });
      map.addImage(`${face}-severe`, symbol(face, true), { pixelRatio: 2 });
    }
    map.addSource("outlines", { type: "geojson", data: this.outlines ?? NOTHING });
    map.addSource("cases", { type: "geojson", data: points(this.cases ?? []), cluster: true, clusterMaxZoom: 12 });
    map.addLayer({
      id: "chosen",
      type: "fill",
      source: "outlines",
      filter: ["==", ["get", "chosen"], true],
      paint: { "fill-color": token("accent-tint") },
    });
    map.addLayer({
      id: "lines",
      type: "line",
      source: "outlines",
      paint: {
        "line-color": token("control"),
        "line-width": ["match", ["get", "level"], "district", 2.5, "subdistrict", 1.75, "community", 1.25, 1],
        // From afar the lines of a thousand grids would be one grey patch.
        "line-opacity": ["interpolate", ["linear"], ["zoom"], 11, ["match", ["get", "level"], "grid", 0.2, 1], 14, 1],
      },
    });
    this.name(map);
    this.mark(map);
  }

  /** @param {import("maplibre-gl").Map} map */
  name(map) {
    // A polygon is labelled once per tile: names stand on points of their own.
    map.addSource("names", { type: "geojson", data: centres(this.outlines ?? NOTHING, this.library) });
    map.addLayer({
      id: "names",
      type: "symbol",
      source: "names",
      // A district has more than a thousand grids: their names come when one is near enough to read them.
      filter: [">=", ["zoom"], ["match", ["get", "level"], "grid", 14, "community", 12.5, 0]],
      layout: { "text-field": ["coalesce", ["get", "name"], ""], "text-font": FONTS, "text-size": 13, "text-padding": 8 },
      paint: { "text-color": token("ink-3"), "text-halo-color": token("map"), "text-halo-width": 1.5 },
    });
  }

  /** @param {import("maplibre-gl").Map} map */
  mark(map) {
    map.addLayer({
      id: "clusters",
      type: "circle",
      source: "cases",
      filter: ["has", "point_count"],
      paint: {
        "circle-radius": 16,
        "circle-color": token("surface"),
        "circle-stroke-color": token("ink"),
        "circle-stroke-width": 2,
      },
    });
    map.addLayer({
      id: "counts",
      type: "symbol",
      source: "cases",
      filter: ["has", "point_count"],
      layout: { "text-field": ["to-string", ["get", "point_count"]], "text-font": FONTS, "text-size": 14 },
      paint: { "text-color": token("ink") },
    });
    map.addLayer({
      id: "cases",
      type: "symbol",
      source: "cases",
      filter: ["!", ["has", "point_count"]],
      layout: { "icon-image": ["get", "symbol"], "icon-allow-overlap": true },
    });
    map.addLayer({
      id: "labels",
      type: "symbol",
      source: "cases",
      minzoom: 16,
      filter: ["!", ["has", "point_count"]],
      layout: { "text-field": ["get", "label"], "text-font": FONTS, "text-size": 13, "text-anchor": "left", "text-offset": [1, 0] },
      paint: { "text-color": token("ink"), "text-halo-color": token("map"), "text-halo-width": 1.5 },
    });
    map.on("click", "cases", (event) => {
      const href = event.features?.[0]?.properties.href;
      if (href) window.location.assign(href);
    });
    map.on("click", "clusters", (event) => map.easeTo({ center: event.lngLat, zoom: map.getZoom() + 2, duration: 0 }));
  }

  /** @param {import("maplibre-gl").Map} map */
  frame(map) {
    const library = this.library;
    if (!library) return;
    const box = new library.LngLatBounds();
    const all = this.outlines?.features ?? [];
    const chosen = all.filter((feature) => feature.properties?.chosen);
    for (const point of this.cases ?? []) box.extend([point.lon, point.lat]);
    if (box.isEmpty() || this.dataset.frame !== "cases")
      for (const feature of chosen.length ? chosen : all) extend(box, feature.geometry);
    const picked = this.picked();
    if (picked) map.jumpTo({ center: picked, zoom: 16 });
    else if (!box.isEmpty()) map.fitBounds(box, { padding: 24, duration: 0, maxZoom: this.dataset.size === "small" ? 14.5 : 16 });
  }

  /** @returns {[number, number] | undefined} */
  picked() {
    const [lon, lat] = this.inputs().map((input) => (input?.value ? Number(input.value) : NaN));
    return Number.isFinite(lon) && Number.isFinite(lat) ? [Number(lon), Number(lat)] : undefined;
  }

  inputs() {
    return [this.dataset.lon, this.dataset.lat].map((id) => {
      const input = document.getElementById(id ?? "");
      return input instanceof HTMLInputElement ? input : undefined;
    });
  }

  /** @param {import("maplibre-gl").Map} map */
  pickable(map) {
    map.getCanvas().style.cursor = "crosshair";
    map.on("click", (event) => this.pick(event.lngLat.lng, event.lngLat.lat));
    map.getCanvas().addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      const centre = map.getCenter();
      this.pick(centre.lng, centre.lat);
    });
    for (const input of this.inputs()) input?.addEventListener("change", () => this.follow());
    this.querySelector("[data-jd-locate]")?.addEventListener("click", () => this.here());
    this.follow();
  }

  here() {
    const done = (/** @type {GeolocationPosition} */ found) => {
      this.pick(found.coords.longitude, found.coords.latitude);
      this.follow(true);
    };
    const failed = () => this.tell(this.dataset.wordNoPosition ?? "");
    if (navigator.geolocation) navigator.geolocation.getCurrentPosition(done, failed, { enableHighAccuracy: true, timeout: 10_000 });
    else failed();
  }

  /** @param {string} text */
  tell(text) {
    const place = this.querySelector("[data-jd-place]");
    if (place) place.textContent = text;
  }

  /**
   * Writes WGS 84 into the two inputs; six decimals are a tenth of a metre.
   * @param {number} lon
   * @param {number} lat
   */
  pick(lon, lat) {
    const [first, second] = this.inputs();
    if (first) first.value = lon.toFixed(6);
    if (second) second.value = lat.toFixed(6);
    this.follow();
  }

  /** @param {boolean} [centre] */
  follow(centre) {
    const at = this.picked();
    if (!at || !this.map || !this.library) return;
    this.pin ??= new this.library.Marker({ color: token("accent") });
    this.pin.setLngLat(at).addTo(this.map);
    if (centre) this.map.jumpTo({ center: at, zoom: Math.max(this.map.getZoom(), 16) });
    this.dispatchEvent(new CustomEvent("jd:picked", { bubbles: true, detail: { lon: at[0], lat: at[1] } }));
    this.ask(at).catch(() => undefined);
  }

  /** @param {[number, number]} at */
  async ask([lon, lat]) {
    if (!this.dataset.locateUrl) return;
    const answer = await fetch(`${this.dataset.locateUrl}?lon=${lon}&lat=${lat}`, { headers: { "HX-Request": "true" } });
    const text = new DOMParser().parseFromString(await answer.text(), "text/html").body.textContent ?? "";
    if (answer.ok) this.tell(text.trim());
  }
}

export const FONTS = ["Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "sans-serif"];

/**
 * JSON from the page (json_script) or from an address of ours.
 * @param {string | undefined} id
 * @param {string | undefined} url
 */
export async function read(id, url) {
  const written = id ? document.getElementById(id)?.textContent : "";
  if (written) return JSON.parse(written);
  if (!url) return undefined;
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  return answer.ok ? answer.json() : undefined;
}

/**
 * @param {CasePoint[]} cases
 * @returns {GeoJSON.FeatureCollection}
 */
function points(cases) {
  return {
    type: "FeatureCollection",
    features: cases.map((point) => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: [point.lon, point.lat] },
      properties: {
        href: point.href ?? "",
        label: point.label ?? "",
        symbol: `${point.face ?? "running"}${point.severe ? "-severe" : ""}`,
      },
    })),
  };
}

/**
 * @param {GeoJSON.FeatureCollection} outlines
 * @param {Library | undefined} library
 * @returns {GeoJSON.FeatureCollection}
 */
export function centres(outlines, library) {
  if (!library) return NOTHING;
  const features = outlines.features
    .filter((feature) => feature.properties?.name && feature.properties.level !== "district")
    .map((feature) => {
      const box = new library.LngLatBounds();
      extend(box, feature.geometry);
      return { ...feature, geometry: { type: /** @type {const} */ ("Point"), coordinates: box.getCenter().toArray() } };
    });
  return { type: "FeatureCollection", features };
}

/**
 * @param {import("maplibre-gl").LngLatBounds} box
 * @param {GeoJSON.Geometry} shape
 */
export function extend(box, shape) {
  if (shape.type === "GeometryCollection") return shape.geometries.forEach((part) => extend(box, part));
  const flat = /** @type {number[]} */ (shape.coordinates.flat(3));
  for (let index = 0; index + 1 < flat.length; index += 2) box.extend([Number(flat[index]), Number(flat[index + 1])]);
}

customElements.define("jd-map", CaseMap);

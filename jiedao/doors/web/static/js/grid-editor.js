/**
 * <jd-grid-editor> (网格编辑): the map of a redraw. It fills the forms beside it, which do the same without it.
 *
 * The tool is the form that is open: with 「拆分」 and 「新建」 a click sets a point of the line, with 「合并」 it picks
 * a grid, with 「移动边界」 corners can be dragged or moved with the arrow keys. Enter clicks the middle of the map.
 */

import { CaseMap, FONTS, NOTHING, centres, extend, read } from "./map.js";
import { crossed } from "./hatches.js";
import { say } from "./page.js";
import { token } from "./symbols.js";

/** @typedef {[number, number]} Place */
/** @typedef {{number: number, kind: string, geometry: GeoJSON.Geometry}} Fault */
/** @typedef {{after: GeoJSON.FeatureCollection, before: GeoJSON.FeatureCollection, around: GeoJSON.FeatureCollection, faults: Fault[]}} Board */

const STEP = 0.00001; // a metre, or nearly

class GridEditor extends CaseMap {
  /** @type {import("maplibre-gl").Marker[]} */
  handles = [];

  /** @override */
  async open() {
    this.board = /** @type {Board} */ (await read(undefined, this.dataset.boardUrl));
    this.outlines = this.board.after;
    await super.open();
    for (const tool of this.tools()) tool.addEventListener("toggle", () => this.turn());
    for (const area of document.querySelectorAll("textarea[data-jd-points]")) area.addEventListener("input", () => this.sketch());
    for (const link of document.querySelectorAll("[data-jd-look]")) link.addEventListener("click", (event) => this.look(event));
    for (const button of document.querySelectorAll("[data-jd-unpoint]"))
      if (button instanceof HTMLButtonElement) {
        button.hidden = false;
        button.addEventListener("click", () => this.unpoint());
      }
    this.turn();
  }

  tools() {
    return /** @type {HTMLDetailsElement[]} */ ([...document.querySelectorAll("details[data-tool]")]);
  }

  get tool() {
    return this.tools().find((tool) => tool.open);
  }

  /** @returns {HTMLTextAreaElement | undefined} */
  get points() {
    return this.tool?.querySelector("textarea[data-jd-points]") ?? undefined;
  }

  /**
   * @override
   * @param {import("maplibre-gl").Map} map
   */
  draw(map) {
    if (!this.board) return;
    map.addImage("crossed", crossed(token("ink")), { pixelRatio: 2 });
    map.addSource("after", { type: "geojson", data: this.chosen(this.board.after) });
    map.addSource("before", { type: "geojson", data: this.board.before });
    map.addSource("around", { type: "geojson", data: this.board.around });
    map.addSource("names", { type: "geojson", data: centres(this.board.after, this.library) });
    map.addSource("faults", { type: "geojson", data: this.faults() });
    map.addSource("sketch", { type: "geojson", data: NOTHING });
    const layers = /** @type {any[]} */ ([
      { id: "hit", type: "fill", source: "after", paint: { "fill-color": "rgba(0, 0, 0, 0)" } },
      { id: "chosen", type: "fill", source: "after", filter: ["get", "chosen"], paint: { "fill-color": token("accent-tint") } },
      { id: "was", type: "line", source: "before", paint: { "line-color": token("ink-3"), "line-width": 1.5, "line-dasharray": [1, 2] } },
      { id: "faults", type: "fill", source: "faults", paint: { "fill-pattern": "crossed" } },
      { id: "fault-edges", type: "line", source: "faults", paint: { "line-color": token("ink"), "line-width": 2 } },
      {
        id: "grids",
        type: "line",
        source: "after",
        filter: ["!=", ["get", "kind"], "exclusive"],
        paint: { "line-color": token("control"), "line-width": ["case", ["get", "chosen"], 2.5, 1] },
      },
      {
        id: "exclusive",
        type: "line",
        source: "after",
        filter: ["==", ["get", "kind"], "exclusive"],
        paint: { "line-color": token("control"), "line-width": 1.5, "line-dasharray": [3, 2] },
      },
      { id: "around", type: "line", source: "around", paint: { "line-color": token("ink-2"), "line-width": 2 } },
      { id: "sketch", type: "line", source: "sketch", paint: { "line-color": token("accent"), "line-width": 2.5 } },
      {
        id: "sketch-points",
        type: "circle",
        source: "sketch",
        filter: ["==", ["geometry-type"], "Point"],
        paint: { "circle-radius": 4, "circle-color": token("accent") },
      },
      this.words_of("names", "name", "ink-2"),
      this.words_of("faults", "number", "ink"),
    ]);
    for (const layer of layers) map.addLayer(layer);
    this.listen(map);
    this.sketch();
  }

  /**
   * @param {string} source
   * @param {string} field
   * @param {string} colour
   */
  words_of(source, field, colour) {
    return {
      id: `words-${source}`,
      type: "symbol",
      source,
      layout: { "text-field": ["to-string", ["get", field]], "text-font": FONTS, "text-size": 13, "text-allow-overlap": source === "faults" },
      paint: { "text-color": token(colour), "text-halo-color": token("map"), "text-halo-width": 2 },
    };
  }

  /** @param {GeoJSON.FeatureCollection} board */
  chosen(board) {
    for (const { properties } of board.features)
      if (properties) properties.chosen = properties.code === this.dataset.chosen;
    return board;
  }

  /** @returns {GeoJSON.FeatureCollection} */
  faults() {
    const features = (this.board?.faults ?? []).map(({ number, kind, geometry }) => ({
      type: /** @type {const} */ ("Feature"),
      geometry,
      properties: { number, kind },
    }));
    return { type: "FeatureCollection", features };
  }

  /**
   * @override
   * @param {import("maplibre-gl").Map} map
   */
  frame(map) {
    if (!this.library || !this.board) return;
    const box = new this.library.LngLatBounds();
    const { around, after } = this.board;
    for (const { geometry } of (around.features.length ? around : after).features) extend(box, geometry);
    if (!box.isEmpty()) map.fitBounds(box, { padding: 32, duration: 0, maxZoom: 17 });
  }

  /** @param {import("maplibre-gl").Map} map */
  listen(map) {
    if (this.listening) return;
    this.listening = true;
    map.on("click", (event) => this.act([event.lngLat.lng, event.lngLat.lat], event.point));
    map.getCanvas().addEventListener("keydown", (event) => {
      if (event.key === "Backspace") return this.unpoint();
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      const middle = map.getCenter();
      this.act([middle.lng, middle.lat], map.project(middle));
    });
  }

  /**
   * What a click does with the tool at hand.
   * @param {Place} place
   * @param {import("maplibre-gl").PointLike} pixel
   */
  act(place, pixel) {
    const name = this.tool?.dataset.tool;
    if (name === "split" || name === "add") return this.point(place);
    const found = this.map?.queryRenderedFeatures(pixel, { layers: ["hit"] }) ?? [];
    const hit = found.find((feature) => feature.properties.kind === "exclusive") ?? found[0];
    if (!hit) return;
    if (name === "merge") this.pick_grid(hit.properties.code, hit.properties.name);
    else if (this.dataset.here) window.location.assign(`${this.dataset.here.replace("CODE", hit.properties.code)}&tool=${name ?? ""}`);
  }

  /** @param {Place} place */
  point([lon, lat]) {
    if (!this.points) return;
    const before = this.points.value.trim();
    this.points.value = `${before}${before ? "\n" : ""}${lon.toFixed(7)}, ${lat.toFixed(7)}`;
    this.sketch();
    say(`${lon.toFixed(5)}, ${lat.toFixed(5)}`);
  }

  /** The last point goes. */
  unpoint() {
    if (!this.points) return;
    this.points.value = this.points.value.trim().split("\n").slice(0, -1).join("\n");
    this.sketch();
    this.turn();
  }

  /**
   * @param {string} code
   * @param {string} name
   */
  pick_grid(code, name) {
    const input = this.tool?.querySelector('input[name="codes"]');
    if (!(input instanceof HTMLInputElement)) return;
    const codes = input.value.split(/[\s,，、]+/).filter(Boolean);
    input.value = (codes.includes(code) ? codes.filter((each) => each !== code) : [...codes, code]).join(" ");
    say(`${name} ${code}`);
    this.sketch();
  }

  /** Draws what the open form says so far. */
  sketch() {
    const source = /** @type {import("maplibre-gl").GeoJSONSource | undefined} */ (this.map?.getSource("sketch"));
    source?.setData({ type: "FeatureCollection", features: this.sketched() });
  }

  /** @returns {GeoJSON.Feature[]} */
  sketched() {
    const name = this.tool?.dataset.tool;
    if (name === "merge") return this.merged();
    const rows = (this.points?.value ?? "").split("\n").map((line) => (line.match(/-?\d+(\.\d+)?/g) ?? []).map(Number));
    if (name === "move") {
      const pairs = rows.filter((row) => row.length === 4);
      return pairs.map(([a, b, c, d]) => line([/** @type {Place} */ ([a, b]), /** @type {Place} */ ([c, d])]));
    }
    const places = /** @type {Place[]} */ (rows.filter((row) => row.length === 2));
    if (name === "add" && places.length > 2 && places[0]) places.push(places[0]);
    const dots = places.map((place) => ({ type: /** @type {const} */ ("Feature"), geometry: { type: /** @type {const} */ ("Point"), coordinates: place }, properties: {} }));
    return places.length > 1 ? [line(places), ...dots] : dots;
  }

  /** @returns {GeoJSON.Feature[]} */
  merged() {
    const input = this.tool?.querySelector('input[name="codes"]');
    const codes = input instanceof HTMLInputElement ? input.value.split(/[\s,，、]+/) : [];
    const features = this.board?.after.features.filter(({ properties }) => codes.includes(properties?.code)) ?? [];
    return features.map(({ geometry }) => ({ type: "Feature", geometry, properties: {} }));
  }

  /** The tool has changed: its corners come, the other's go. */
  turn() {
    for (const handle of this.handles) handle.remove();
    this.handles = [];
    if (this.tool?.dataset.tool === "move") this.handle_corners();
    if (this.map) this.map.getCanvas().style.cursor = this.points ? "crosshair" : "pointer";
    this.sketch();
  }

  handle_corners() {
    const { library, map } = this;
    const feature = this.board?.after.features.find(({ properties }) => properties?.chosen);
    if (!library || !map || !feature || feature.geometry.type === "GeometryCollection") return;
    const flat = /** @type {number[]} */ (feature.geometry.coordinates.flat(3));
    /** @type {Set<string>} */
    const seen = new Set();
    for (let index = 0; index + 1 < flat.length && seen.size < 400; index += 2) {
      const place = /** @type {Place} */ ([flat[index], flat[index + 1]]);
      if (seen.has(place.join())) continue;
      seen.add(place.join());
      this.handles.push(this.corner(library, map, place));
    }
  }

  /**
   * One corner: dragged, or focused and moved by arrow keys, a metre a press.
   * @param {typeof import("maplibre-gl")} library
   * @param {import("maplibre-gl").Map} map
   * @param {Place} from
   */
  corner(library, map, from) {
    const element = document.createElement("button");
    element.type = "button";
    element.className = "plain corner";
    element.setAttribute("aria-label", `${this.dataset.wordCorner ?? ""} ${from[0].toFixed(5)}, ${from[1].toFixed(5)}`);
    const marker = new library.Marker({ element, draggable: true }).setLngLat(from).addTo(map);
    const told = () => {
      const { lng, lat } = marker.getLngLat();
      this.moved(from, [lng, lat]);
    };
    marker.on("dragend", told);
    element.addEventListener("keydown", (event) => {
      const way = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
      if (!way) return;
      event.preventDefault();
      event.stopPropagation();
      const { lng, lat } = marker.getLngLat();
      marker.setLngLat([lng + (way[0] ?? 0) * STEP, lat + (way[1] ?? 0) * STEP]);
      told();
    });
    return marker;
  }

  /**
   * One line for each corner, however often it was moved.
   * @param {Place} from
   * @param {Place} to
   */
  moved(from, to) {
    if (!this.points) return;
    const start = from.map((number) => number.toFixed(7)).join(", ");
    const kept = this.points.value.split("\n").filter((row) => row.trim() && !row.startsWith(start));
    this.points.value = [...kept, `${start} → ${to.map((number) => number.toFixed(7)).join(", ")}`].join("\n");
    this.sketch();
  }

  /** @param {Event} event */
  look(event) {
    const link = event.currentTarget;
    if (!(link instanceof HTMLElement) || !this.map) return;
    event.preventDefault();
    this.map.jumpTo({ center: [Number(link.dataset.lon), Number(link.dataset.lat)], zoom: 17 });
    this.map.getCanvas().focus();
  }
}

/**
 * @param {Place[]} places
 * @returns {GeoJSON.Feature}
 */
function line(places) {
  return { type: "Feature", geometry: { type: "LineString", coordinates: places }, properties: {} };
}

customElements.define("jd-grid-editor", GridEditor);

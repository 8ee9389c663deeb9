/**
 * <jd-case-map> (案件地图): the map of a list: the same query, the same address, the same count.
 *
 * All symbols come once as columns; a hint brings those it names, and only they are drawn anew. The frame is kept in
 * the address and never moves by itself. The list beside it does the same without a map.
 */

import { GridMap } from "./grid-map.js";
import { fromGcj, groundOf, shifted, toGcj } from "./ground.js";
import { FONTS, NOTHING } from "./map.js";
import { say } from "./page.js";
import { FACES, symbol, token } from "./symbols.js";
import { Looks, faceOf, rim, symbolsOf } from "./symbols-of-cases.js";

/** @typedef {import("./symbols-of-cases.js").Symbol} CaseSymbol */
/** @typedef {import("maplibre-gl").GeoJSONSource} Source */

const TOGETHER = 250;
const MINUTE = 60_000;
const WORDS_FROM = 16;
const ANSWERED_WITHIN = 30_000;
/** The part as a whole takes the place of the part. */
const SWAP = "outer" + "HTML";

/** What the scripts of the vendor put on the window. */
const htmx = () => /** @type {any} */ (window).htmx;

export class DrawnMap extends GridMap {
  /** @type {Map<string, CaseSymbol>} */
  all = new Map();
  looks = new Looks();
  /** @type {Record<string, string>} */
  words_of = {};
  /** @type {Set<string>} */
  named = new Set();
  /** @type {number | undefined} */
  waiting;
  /** @type {Promise<void> | undefined} */
  loading;
  etag = "";
  chosen = "";
  /** @type {string | undefined} where the ring was drawn last */
  ringed;

  /** @override */
  get state() {
    this.told ??= { shown: null, staffed: [], faults: [], href: "", ...JSON.parse(document.getElementById(this.dataset.state ?? "")?.textContent || "{}") };
    return /** @type {import("./grid-map.js").State} */ (this.told);
  }

  get below() {
    return groundOf(this.dataset.ground);
  }

  /** @override @returns {import("maplibre-gl").StyleSpecification} */
  ground() {
    const [style, below] = [super.ground(), this.below];
    if (!below) return style;
    /** @type {import("maplibre-gl").RasterSourceSpecification} */
    const source = { type: "raster", tiles: [below.tiles], tileSize: 256, maxzoom: below.far };
    return { ...style, sources: { below: source }, layers: [...style.layers, { id: "below", type: "raster", source: "below" }] };
  }

  /** @override */
  mark_grids() {
    super.mark_grids();
    if (this.below?.system === "gcj02" && !this.is_shifted) {
      this.is_shifted = true;
      for (const { geometry } of this.outlines?.features ?? []) if ("coordinates" in geometry) geometry.coordinates = shifted(geometry.coordinates);
    }
    if (this.hasAttribute("data-hatched")) return;
    for (const { properties } of this.outlines?.features ?? []) if (properties) properties.nobody = false;
  }

  /** @override */
  async open() {
    this.chosen = this.dataset.chosen ?? "";
    await super.open();
    const map = this.map;
    if (!map) return;
    this.sync();
    this.dataset.filled = "";
    this.credit();
    map.on("moveend", () => this.moved());
    document.addEventListener("jd:hint", (event) => this.hear(event));
    document.addEventListener("jd:again", () => this.load().then(() => this.sync()));
    document.addEventListener("jd:poll", () => this.load().then(() => this.sync()));
    document.addEventListener("focusin", (event) => this.point_at(event.target));
    window.setInterval(() => this.sync(), MINUTE);
    for (const button of this.querySelectorAll("[data-jd-box]")) button.addEventListener("click", () => this.box(button));
    this.moved(false);
  }

  /** @override @returns {Promise<unknown>} */
  fetched() {
    return this.load();
  }

  /** The address of this very list, with other parts of the query. @param {Record<string, string>} more */
  address(more) {
    const url = new URL(window.location.href);
    if (this.dataset.query !== undefined && !url.search) url.search = this.dataset.query;
    for (const name of ["page", "part", "case", "do"]) url.searchParams.delete(name);
    for (const [name, value] of Object.entries(more)) value ? url.searchParams.set(name, value) : url.searchParams.delete(name);
    return url;
  }

  /** All symbols of the query, asked for once at a time: on a slow line a second question would only wait behind the first. */
  load() {
    this.loading ??= this.load_now().finally(() => {
      this.loading = undefined;
    });
    return this.loading;
  }

  /**
   * The answer that the head of the page asked for already, once; undefined where it asked for none. Asked for as a
   * preload is asked for, or the browser asks again.
   * @param {string} name
   */
  early(name) {
    const url = this.dataset[name];
    delete this.dataset[name];
    return url ? fetch(url) : undefined;
  }

  /** The server says in a word if they are what they were. */
  async load_now() {
    const url = this.address({ part: "map", box: "", at: "", view: "", ...this.asked() });
    const key = String(url);
    const early = this.early("early");
    /** @type {Record<string, string>} */
    const known = this.asked_of === key && this.etag ? { "If-None-Match": this.etag } : {};
    const patience = new AbortController();
    const turn = window.setTimeout(() => patience.abort(), ANSWERED_WITHIN);
    try {
      const answer = await (early ?? fetch(url, { cache: "no-store", headers: { "JD-Poll": "1", ...known }, signal: patience.signal }));
      if (answer.status === 304 || !answer.ok) return;
      const columns = /** @type {import("./symbols-of-cases.js").Columns} */ (await answer.json());
      this.etag = answer.headers.get("ETag") ?? "";
      this.asked_of = key;
      this.all = new Map(symbolsOf(columns).map((one) => [one.number, one]));
      if (columns.more) say(this.dataset.wordMore ?? "");
    } finally {
      window.clearTimeout(turn);
    }
  }

  /** What the licence of the ground wants written on the map, as plain text. */
  credit() {
    if (!this.below?.credit) return;
    const told = document.createElement("p");
    told.className = "credit";
    told.textContent = this.below.credit;
    this.canvas?.append(told);
  }

  /** What a subclass asks besides. @returns {Record<string, string>} */
  asked() {
    return {};
  }

  /** @param {Event} event */
  hear(event) {
    const hint = event instanceof CustomEvent ? event.detail : {};
    if (!hint.case) return;
    this.named.add(hint.case);
    this.waiting ??= window.setTimeout(() => this.fetch_named().catch(() => undefined), TOGETHER + Math.random() * (hint.spread ?? 0));
  }

  /** Those that hints named, together: they move, and nothing else does. */
  async fetch_named() {
    this.waiting = undefined;
    const url = this.address({ part: "moved", box: "", at: "", view: "", ...this.asked() });
    for (const id of [...this.named].slice(0, 200)) url.searchParams.append("id", id);
    this.named.clear();
    const answer = await fetch(url, { cache: "no-store", headers: { "JD-Poll": "1" } });
    if (!answer.ok) return;
    const columns = /** @type {import("./symbols-of-cases.js").Columns} */ (await answer.json());
    for (const number of columns.gone ?? []) this.all.delete(number);
    for (const one of symbolsOf(columns)) this.all.set(one.number, one);
    this.sync();
  }

  /** @returns {import("maplibre-gl").LngLatBounds | undefined} */
  bounds() {
    const box = new URL(window.location.href).searchParams.get("box")?.split(",").map(Number);
    if (!box || box.length !== 4 || !this.library) return undefined;
    const [west, south, east, north] = box;
    return new this.library.LngLatBounds([Number(west), Number(south)], [Number(east), Number(north)]);
  }

  /** The symbols as the map shall show them now. */
  wanted() {
    const box = this.bounds();
    /** @type {GeoJSON.Feature[]} */
    const found = [];
    for (const one of this.all.values()) {
      if (box && !box.contains([one.lon, one.lat])) continue;
      const face = faceOf(one);
      found.push({
        type: "Feature",
        id: one.number,
        geometry: { type: "Point", coordinates: this.onto([one.lon, one.lat]) },
        properties: {
          number: one.number,
          symbol: `${face}${one.severe ? "-severe" : ""}`,
          overdue: face === "overdue" ? 1 : 0,
          soon: face === "soon" ? 1 : 0,
          label: this.words_of[one.number] ?? "",
        },
      });
    }
    return found;
  }

  /** A point as this map draws it; a ground in another system shifts it here and nowhere else. @param {[number, number]} point */
  onto(point) {
    return this.below?.system === "gcj02" ? toGcj(point) : point;
  }

  sync() {
    const source = /** @type {Source | undefined} */ (this.map?.getSource("cases"));
    if (!source) return;
    const wanted = this.wanted();
    const step = this.looks.step(wanted);
    this.dataset.shown = String(wanted.length);
    if (step.add.length + step.remove.length > 2_000 || !this.filled) {
      this.filled = true;
      source.setData({ type: "FeatureCollection", features: wanted });
    } else if (step.add.length + step.remove.length) source.updateData(step);
    this.ring();
  }

  /**
   * @override
   * @param {import("maplibre-gl").Map} map
   */
  draw(map) {
    this.filled = false;
    this.ringed = undefined;
    this.looks = new Looks();
    super.draw(map);
    this.sync();
  }

  /**
   * In place of the sites of the map of grids.
   * @override
   * @param {import("maplibre-gl").Map} map
   */
  spot(map) {
    for (const face of FACES) {
      map.addImage(face, symbol(face, false), { pixelRatio: 2 });
      map.addImage(`${face}-severe`, symbol(face, true), { pixelRatio: 2 });
    }
    map.removeSource("cases");
    // From afar a thousand grids would hide the cases on them.
    for (const id of ["grids", "exclusive"]) map.setPaintProperty(id, "line-opacity", ["interpolate", ["linear"], ["zoom"], 11, 0.2, 14, 1]);
    const sixteenths = (/** @type {string} */ name) => ["to-string", ["ceil", ["*", 16, ["/", ["get", name], ["get", "point_count"]]]]];
    map.addSource("cases", {
      type: "geojson",
      data: NOTHING,
      promoteId: "number",
      cluster: true,
      clusterMaxZoom: 12,
      clusterRadius: 44,
      clusterProperties: { overdue: ["+", ["get", "overdue"]], soon: ["+", ["get", "soon"]] },
    });
    map.addSource("ring", { type: "geojson", data: NOTHING });
    map.addLayer({ id: "ring", type: "circle", source: "ring", paint: { "circle-radius": 17, "circle-color": token("accent-tint"), "circle-stroke-color": token("accent"), "circle-stroke-width": 2 } });
    map.addLayer({
      id: "clusters",
      type: "symbol",
      source: "cases",
      filter: ["has", "point_count"],
      layout: /** @type {any} */ ({
        "icon-image": ["concat", "rim-", sixteenths("overdue"), "-", sixteenths("soon")],
        "icon-allow-overlap": true,
        "text-field": ["to-string", ["get", "point_count"]],
        "text-font": FONTS,
        "text-size": 14,
        "text-allow-overlap": true,
      }),
      paint: { "text-color": token("ink") },
    });
    map.addLayer({ id: "cases", type: "symbol", source: "cases", filter: ["!", ["has", "point_count"]], layout: { "icon-image": ["get", "symbol"], "icon-allow-overlap": true } });
    map.addLayer({
      id: "labels",
      type: "symbol",
      source: "cases",
      minzoom: WORDS_FROM,
      filter: ["!", ["has", "point_count"]],
      layout: { "text-field": ["get", "label"], "text-font": FONTS, "text-size": 13, "text-anchor": "left", "text-offset": [1, 0], "text-max-width": 14 },
      paint: { "text-color": token("ink"), "text-halo-color": token("map"), "text-halo-width": 1.5 },
    });
  }

  /**
   * @override
   * @param {import("maplibre-gl").Map} map
   */
  listen(map) {
    if (this.listening) return;
    this.listening = true;
    map.setMissingStyleImageResolver((id) => {
      const [, overdue, soon] = id.match(/^rim-(\d+)-(\d+)$/) ?? [];
      if (overdue && !map.hasImage(id)) map.addImage(id, rim(Number(overdue), Number(soon), token), { pixelRatio: 2 });
    });
    map.on("click", (event) => this.touch(map, event.point));
  }

  /**
   * What lies under a finger or a pointer: 24 px at a desk, 44 on glass.
   * @param {import("maplibre-gl").Map} map
   * @param {import("maplibre-gl").Point} point
   */
  touch(map, point) {
    const reach = window.matchMedia("(pointer: coarse)").matches ? 22 : 12;
    const found = map.queryRenderedFeatures([[point.x - reach, point.y - reach], [point.x + reach, point.y + reach]], { layers: this.touchable() });
    const hit = found[0];
    if (!hit) return;
    if (hit.properties.point_count) {
      const [lon, lat] = /** @type {GeoJSON.Point} */ (hit.geometry).coordinates;
      map.easeTo({ center: [Number(lon), Number(lat)], zoom: map.getZoom() + 2, duration: 0 });
    } else this.take(hit);
  }

  touchable() {
    return ["cases", "clusters"];
  }

  /** @param {import("maplibre-gl").MapGeoJSONFeature} hit */
  take(hit) {
    this.choose(String(hit.properties.number)).catch(() => undefined);
  }

  /**
   * Opens a case where this list opens its cases: in the pane beside it, else it says what it is with a link.
   * @param {string} number
   */
  async choose(number) {
    this.chosen = number;
    this.ring();
    const target = this.dataset.detail;
    if (target && document.querySelector(target)) {
      const url = this.address({ case: number });
      window.history.replaceState(window.history.state, "", url);
      url.searchParams.set("part", "detail");
      await htmx().ajax("GET", url.pathname + url.search, { target, swap: SWAP });
      return;
    }
    const one = this.all.get(number);
    const line = this.querySelector("[data-jd-picked]");
    if (!one || !line) return;
    const box = [one.lon - 2e-5, one.lat - 2e-5, one.lon + 2e-5, one.lat + 2e-5];
    const answer = await fetch(this.address({ part: "words", within: box.join(","), box: "", at: "", view: "" }), { cache: "no-store" });
    const words = answer.ok ? await answer.json() : {};
    const link = document.createElement("a");
    link.href = (this.dataset.href ?? "").replace("NUMBER", encodeURIComponent(number));
    link.textContent = `${number} ${words[number] ?? ""}`;
    line.replaceChildren(link);
    const row = document.getElementById(`row-${number}`);
    if (row) row.scrollIntoView({ block: "nearest" });
  }

  /** The row somebody stands on is ringed on the map; the frame stays. @param {EventTarget | null} target */
  point_at(target) {
    const row = target instanceof Element ? target.closest("[data-jd-row]") : null;
    if (!row?.id.startsWith("row-")) return;
    this.chosen = row.id.slice(4);
    this.ring();
  }

  ring() {
    const one = this.all.get(this.chosen);
    const source = /** @type {Source | undefined} */ (this.map?.getSource("ring"));
    const place = one ? `${one.lon},${one.lat}` : "";
    if (!source || this.ringed === place) return;
    this.ringed = place;
    source.setData(one ? { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: this.onto([one.lon, one.lat]) } } : NOTHING);
  }

  /** @override @param {import("maplibre-gl").Map} map */
  frame(map) {
    const [lon, lat, zoom] = (this.dataset.at ?? "").split(",").map(Number);
    if (Number.isFinite(lon) && Number.isFinite(lat) && Number.isFinite(zoom)) map.jumpTo({ center: [Number(lon), Number(lat)], zoom: Number(zoom) });
    else if (!this.all.size || !this.library) super.frame(map);
    else {
      const box = new this.library.LngLatBounds();
      for (const one of this.all.values()) box.extend(this.onto([one.lon, one.lat]));
      map.fitBounds(box, { padding: 48, duration: 0, maxZoom: 15 });
    }
  }

  /** After every move of the frame: the address, the list if the frame narrows it, the words if it is near. @param {boolean} [by_hand] */
  moved(by_hand = true) {
    const map = this.map;
    if (!map) return;
    if (by_hand) {
      const middle = map.getCenter();
      this.keep({ at: `${middle.lng.toFixed(5)},${middle.lat.toFixed(5)},${map.getZoom().toFixed(2)}` });
      if (new URL(window.location.href).searchParams.has("box")) this.narrow();
    }
    window.clearTimeout(this.reading);
    this.reading = window.setTimeout(() => this.read_words().catch(() => undefined), TOGETHER);
  }

  /** Writes the frame into the address and into what leads on from here. @param {Record<string, string>} more */
  keep(more) {
    const url = new URL(window.location.href);
    for (const [name, value] of Object.entries(more)) {
      value ? url.searchParams.set(name, value) : url.searchParams.delete(name);
      for (const input of document.querySelectorAll(`input[type="hidden"][name="${name}"]`)) if (input instanceof HTMLInputElement) input.value = value;
    }
    window.history.replaceState(window.history.state, "", url);
    for (const link of document.querySelectorAll("a[data-jd-frame]")) {
      if (!(link instanceof HTMLAnchorElement)) continue;
      const there = new URL(link.href);
      for (const [name, value] of Object.entries(more)) value ? there.searchParams.set(name, value) : there.searchParams.delete(name);
      link.href = String(there);
    }
  }

  /** The frame as a filter of the query, or no longer. @param {Element} button */
  box(button) {
    const on = button.getAttribute("data-jd-box") === "on";
    if (on) this.narrow();
    else {
      this.keep({ box: "" });
      this.reload();
    }
  }

  narrow() {
    const box = this.map?.getBounds();
    if (!box) return;
    this.keep({ box: this.off([box.getWest(), box.getSouth(), box.getEast(), box.getNorth()]).map((one) => one.toFixed(5)).join(",") });
    this.reload();
  }

  /** A frame of this map as points of the ground. @param {[number, number, number, number]} box */
  off([west, south, east, north]) {
    if (this.below?.system !== "gcj02") return [west, south, east, north];
    return [...fromGcj([west, south]), ...fromGcj([east, north])];
  }

  /** The list for the frame there is now, once the frame has come to rest. */
  reload() {
    const boxed = new URL(window.location.href).searchParams.has("box");
    for (const button of this.querySelectorAll("[data-jd-box]")) button.setAttribute("aria-pressed", String((button.getAttribute("data-jd-box") === "on") === boxed));
    this.sync();
    window.clearTimeout(this.listing);
    this.listing = window.setTimeout(() => {
      const target = this.dataset.list ?? "";
      if (!document.querySelector(target)) return;
      const url = this.address({ part: "list" });
      htmx().ajax("GET", url.pathname + url.search, { target, swap: SWAP });
    }, TOGETHER);
  }

  async read_words() {
    const map = this.map;
    if (!map || map.getZoom() < WORDS_FROM) return;
    const box = map.getBounds();
    const within = this.off([box.getWest(), box.getSouth(), box.getEast(), box.getNorth()]).join(",");
    const answer = await fetch(this.address({ part: "words", within, box: "", at: "", view: "", ...this.asked() }), { cache: "no-store" });
    if (!answer.ok) return;
    this.words_of = await answer.json();
    this.sync();
  }
}

customElements.define("jd-case-map", DrawnMap);

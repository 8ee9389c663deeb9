/**
 * <jd-command-map> (指挥图): the map of cases with the people on duty. What a key does here has a button in the panes.
 */

import { DrawnMap } from "./case-map.js";
import "./command-desk.js";
import { holds } from "./grid-map.js";
import { FONTS, NOTHING, read } from "./map.js";
import { addPeople, errands, featuresOf, person } from "./people-layer.js";
import { Looks } from "./symbols-of-cases.js";
import { token } from "./symbols.js";

/** @typedef {import("./people-layer.js").Person} Person */
/** @typedef {import("maplibre-gl").GeoJSONSource} Source */

const PEOPLE_EVERY = 4_000;
/** Hints say when somebody moved; asking every so often catches one that was lost, and ages. */
const SLOWER_WHILE_UP = 2;
const htmx = () => /** @type {any} */ (window).htmx;
const SWAP = "outer" + "HTML";

class CommandMap extends DrawnMap {
  /** @type {Map<string, Person>} */
  people = new Map();
  faces = new Looks();
  followed = "";
  /** @type {number | undefined} */
  meeting;
  /** @type {number | undefined} */
  turn;
  /** @type {Record<string, [number, number, string, string, string][]> | undefined} */
  places;

  /** @override */
  async open() {
    const met = this.meet().catch(() => undefined);
    await super.open();
    await met;
    this.dataset.peopled = "";
    window.setInterval(() => this.meet_again(), PEOPLE_EVERY);
    document.addEventListener("jd:again", () => this.meet().catch(() => undefined));
    document.addEventListener("jd:positions", () => this.meet_soon());
    for (const box of this.querySelectorAll("[data-jd-layer]")) box.addEventListener("change", () => this.layers());
    this.querySelector("[data-jd-lasso]")?.addEventListener("click", (event) => this.lasso(event.currentTarget));
    this.querySelector("[data-jd-follow]")?.addEventListener("click", (event) => this.follow_person(event.currentTarget));
  }

  /** @override @returns {Record<string, string>} */
  asked() {
    return this.dataset.then ? { then: this.dataset.then } : {};
  }

  /** @override */
  async fetch_named() {
    await super.fetch_named();
    document.getElementById("map-figures")?.dispatchEvent(new CustomEvent("jd:refresh"));
  }

  meet_again() {
    this.turn = (this.turn ?? 0) + 1;
    const live = /** @type {any} */ (document.querySelector("jd-live"));
    if (document.hidden || (live?.state === "up" && this.turn % SLOWER_WHILE_UP)) return;
    this.meet().catch(() => undefined);
  }

  /** Somebody moved: asked once for all who did within a second, and not by every desk at the same instant. */
  meet_soon() {
    if (document.hidden || this.meeting) return;
    this.meeting = window.setTimeout(() => {
      this.meeting = undefined;
      this.meet().catch(() => undefined);
    }, Math.random() * 1_000);
  }

  /** Where people are now. Who is off duty is not among them any more. */
  async meet() {
    const url = this.address({ part: "people", box: "", at: "", view: "", ...this.asked() });
    const answer = await (this.early("earlyPeople") ?? fetch(url, { cache: "no-store", headers: { "JD-Poll": "1" } }));
    if (!answer.ok) return;
    const told = await answer.json();
    this.people = new Map(told.rows.map(person).map((/** @type {Person} */ one) => [one.shift, one]));
    for (const [code, count] of Object.entries(told.figures)) {
      const place = document.querySelector(`[data-duty="${code}"] .num`);
      if (place) place.textContent = String(count);
    }
    this.show_people();
    const followed = this.people.get(this.followed);
    if (followed) this.map?.easeTo({ center: this.onto([followed.lon, followed.lat]), duration: 0 });
  }

  show_people() {
    const source = /** @type {Source | undefined} */ (this.map?.getSource("people"));
    if (!source) return;
    const wanted = featuresOf(this.people.values(), (point) => this.onto(point));
    const step = this.faces.step(wanted);
    this.dataset.people = String(wanted.length);
    if (!this.crowded || step.add.length > 1_000) {
      this.crowded = true;
      source.setData({ type: "FeatureCollection", features: wanted });
    } else if (step.add.length + step.remove.length) source.updateData(step);
    /** @type {Source | undefined} */ (this.map?.getSource("errands"))?.setData(errands(this.people.values(), this.all, (point) => this.onto(point)));
  }

  /**
   * @override
   * @param {import("maplibre-gl").Map} map
   */
  spot(map) {
    this.crowded = false;
    this.faces = new Looks();
    map.addLayer({
      id: "nobody-words",
      type: "symbol",
      source: "names",
      minzoom: 14.5,
      filter: ["==", ["get", "nobody"], true],
      layout: { "text-field": this.dataset.wordNobody ?? "", "text-font": FONTS, "text-size": 13, "text-offset": [0, 1.4] },
      paint: { "text-color": token("ink-2"), "text-halo-color": token("map"), "text-halo-width": 1.5 },
    });
    for (const layer of ["camera", "place"]) {
      map.addSource(layer, { type: "geojson", data: NOTHING });
      map.addLayer({ id: layer, type: "circle", source: layer, paint: { "circle-radius": 4, "circle-color": token(layer === "camera" ? "ink-3" : "surface"), "circle-stroke-color": token("ink-3"), "circle-stroke-width": 1.5 } });
      map.addLayer({ id: `${layer}-names`, type: "symbol", source: layer, minzoom: 16, layout: { "text-field": ["get", "name"], "text-font": FONTS, "text-size": 13, "text-anchor": "left", "text-offset": [0.8, 0] }, paint: { "text-color": token("ink-2"), "text-halo-color": token("map"), "text-halo-width": 1.5 } });
    }
    super.spot(map);
    addPeople(map);
    map.addSource("lasso", { type: "geojson", data: NOTHING });
    map.addLayer({ id: "lasso", type: "line", source: "lasso", paint: { "line-color": token("accent"), "line-width": 2 } });
    this.show_people();
    this.layers().catch(() => undefined);
  }

  /** Layers nobody asked for are not even fetched. */
  async layers() {
    const wanted = [...this.querySelectorAll("[data-jd-layer]")].filter((box) => box instanceof HTMLInputElement && box.checked);
    if (wanted.length) this.places ??= await read(undefined, String(this.address({ part: "sites" })));
    for (const box of this.querySelectorAll("[data-jd-layer]")) {
      const layer = box.getAttribute("data-jd-layer") ?? "";
      const rows = wanted.includes(box) ? (this.places?.[layer] ?? []) : [];
      const features = rows.map(([lon, lat, name, , href]) => ({ type: /** @type {const} */ ("Feature"), geometry: { type: /** @type {const} */ ("Point"), coordinates: this.onto([lon, lat]) }, properties: { name, href } }));
      /** @type {Source | undefined} */ (this.map?.getSource(layer))?.setData({ type: "FeatureCollection", features });
    }
  }

  /** @override */
  touchable() {
    return ["cases", "people", "clusters", "crowds", "camera"];
  }

  /** @override @param {import("maplibre-gl").MapGeoJSONFeature} hit */
  take(hit) {
    if (hit.layer.id === "camera") return window.location.assign(hit.properties.href);
    const shift = hit.properties.shift;
    if (!shift) return super.take(hit);
    this.chosen_person = String(shift);
    const box = document.querySelector(`#send input[value="${CSS.escape(this.chosen_person)}"]`);
    if (box instanceof HTMLInputElement) return box.click();
    const url = this.address({ part: "detail", shift: this.chosen_person });
    htmx().ajax("GET", url.pathname + url.search, { target: "#detail", swap: SWAP });
  }

  /** Following is a choice; without it the frame stays. @param {EventTarget | null} button */
  follow_person(button) {
    this.followed = this.followed ? "" : (this.chosen_person ?? "");
    if (button instanceof HTMLElement) button.setAttribute("aria-pressed", String(Boolean(this.followed)));
    if (this.followed) this.meet().catch(() => undefined);
  }

  /** A line drawn round people chooses them in the list. @param {EventTarget | null} button */
  lasso(button) {
    const map = this.map;
    if (!map || !(button instanceof HTMLElement)) return;
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    if (on) map.dragPan.disable();
    else map.dragPan.enable();
    map.getCanvas().style.cursor = on ? "crosshair" : "pointer";
    if (!on) return;
    /** @type {[number, number][]} */
    const line = [];
    const draw = (/** @type {import("maplibre-gl").MapMouseEvent | import("maplibre-gl").MapTouchEvent} */ event) => {
      line.push([event.lngLat.lng, event.lngLat.lat]);
      /** @type {Source} */ (map.getSource("lasso")).setData({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: line } });
    };
    const end = () => {
      map.off("mousemove", draw);
      map.off("touchmove", draw);
      this.enclose(line);
      this.lasso(button);
    };
    const start = (/** @type {import("maplibre-gl").MapMouseEvent | import("maplibre-gl").MapTouchEvent} */ event) => {
      draw(event);
      map.on("mousemove", draw);
      map.on("touchmove", draw);
    };
    map.once("mousedown", start);
    map.once("touchstart", start);
    map.once("mouseup", end);
    map.once("touchend", end);
  }

  /** @param {[number, number][]} line */
  enclose(line) {
    const first = line[0];
    if (!first || line.length < 3) return;
    const ring = /** @type {GeoJSON.Polygon} */ ({ type: "Polygon", coordinates: [[...line, first]] });
    const inside = [...this.people.values()].filter((one) => one.state !== "stale" && holds(ring, this.onto([one.lon, one.lat])));
    for (const box of document.querySelectorAll('#grouping input[name="shift"]'))
      if (box instanceof HTMLInputElement) box.checked = inside.some((one) => one.shift === box.value);
    /** @type {Source} */ (this.map?.getSource("lasso")).setData(NOTHING);
    document.getElementById("people")?.scrollIntoView({ block: "nearest" });
    document.getElementById("group-name")?.focus();
  }
}

customElements.define("jd-command-map", CommandMap);

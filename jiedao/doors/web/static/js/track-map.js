/**
 * <jd-track> (轨迹回放): one track with its stops on the map, and a slider through its time. The list of stops beside it
 * says the same without a map. The page has asked for the purpose before any of it came here.
 */

import { CaseMap, FONTS, NOTHING, read } from "./map.js";
import { token } from "./symbols.js";

/** @typedef {[number, number, number]} Fix lon, lat, seconds since 1970 */
/** @typedef {import("maplibre-gl").GeoJSONSource} Source */

const STEP = 80;
/** Seconds of the track that one step of a replay goes through, at least. */
const LEAST = 10;
const STEPS = 300;

class TrackMap extends CaseMap {
  /** @type {Fix[]} */
  track = [];
  /** @type {Fix[][]} */
  pieces = [];
  /** @type {number | undefined} */
  playing;

  /** @override */
  async open() {
    const told = await read(this.dataset.track, undefined);
    this.pieces = told?.pieces ?? [];
    this.track = this.pieces.flat();
    this.stays = /** @type {Fix[]} */ (told?.stops ?? []);
    await super.open();
    const slide = this.slide();
    slide?.addEventListener("input", () => this.stand(Number(slide.value)));
    this.querySelector("[data-jd-play]")?.addEventListener("click", () => this.play());
    if (slide) this.stand(Number(slide.value));
  }

  slide() {
    const found = this.querySelector("input[type=range]");
    return found instanceof HTMLInputElement ? found : undefined;
  }

  /** @override @param {import("maplibre-gl").Map} map */
  frame(map) {
    if (!this.library || !this.track.length) return super.frame(map);
    const box = new this.library.LngLatBounds();
    for (const [lon, lat] of this.track) box.extend([lon, lat]);
    map.fitBounds(box, { padding: 40, duration: 0, maxZoom: 17 });
  }

  /** @override @param {import("maplibre-gl").Map} map */
  draw(map) {
    super.draw(map);
    const lines = this.pieces.map((piece) => piece.map(([lon, lat]) => [lon, lat]));
    map.addSource("track", { type: "geojson", data: { type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: lines.filter((line) => line.length > 1) } } });
    map.addLayer({ id: "track", type: "line", source: "track", paint: { "line-color": token("accent"), "line-width": 3, "line-opacity": 0.8 } });
    const stays = (this.stays ?? []).map(([lon, lat, minutes]) => ({ type: /** @type {const} */ ("Feature"), properties: { minutes: `${minutes}′` }, geometry: { type: /** @type {const} */ ("Point"), coordinates: [lon, lat] } }));
    map.addSource("stays", { type: "geojson", data: { type: "FeatureCollection", features: stays } });
    map.addLayer({ id: "stays", type: "circle", source: "stays", paint: { "circle-radius": 8, "circle-color": token("surface"), "circle-stroke-color": token("ink"), "circle-stroke-width": 2 } });
    map.addLayer({ id: "stay-words", type: "symbol", source: "stays", layout: { "text-field": ["get", "minutes"], "text-font": FONTS, "text-size": 13, "text-anchor": "left", "text-offset": [0.9, 0] }, paint: { "text-color": token("ink"), "text-halo-color": token("map"), "text-halo-width": 1.5 } });
    map.addSource("walker", { type: "geojson", data: NOTHING });
    map.addLayer({ id: "walker", type: "circle", source: "walker", paint: { "circle-radius": 7, "circle-color": token("accent"), "circle-stroke-color": token("surface"), "circle-stroke-width": 2 } });
    const slide = this.slide();
    if (slide) this.stand(Number(slide.value));
  }

  /** Where the person was at a second of the track: the last point up to then. @param {number} second */
  stand(second) {
    const at = (this.track[0]?.[2] ?? 0) + second;
    const fix = this.track.findLast((one) => one[2] <= at) ?? this.track[0];
    if (!fix) return;
    const place = this.querySelector("[data-jd-at]");
    if (place) place.textContent = new Date(at * 1000).toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit" });
    /** @type {Source | undefined} */ (this.map?.getSource("walker"))?.setData({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [fix[0], fix[1]] } });
  }

  play() {
    const [slide, button] = [this.slide(), this.querySelector("[data-jd-play]")];
    if (!slide) return;
    const end = () => {
      window.clearInterval(this.playing);
      this.playing = undefined;
      button?.setAttribute("aria-pressed", "false");
    };
    if (this.playing) return end();
    if (Number(slide.value) >= Number(slide.max)) slide.value = "0";
    button?.setAttribute("aria-pressed", "true");
    const step = Math.max(LEAST, Number(slide.max) / STEPS);
    this.playing = window.setInterval(() => {
      slide.value = String(Number(slide.value) + step);
      this.stand(Number(slide.value));
      if (Number(slide.value) >= Number(slide.max)) end();
    }, STEP);
  }
}

customElements.define("jd-track", TrackMap);

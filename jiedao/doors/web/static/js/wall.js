/**
 * The wall (大屏): asks every five seconds; a cut link shows the age of what stands there. No sound, no motion.
 */

import { DrawnMap } from "./case-map.js";
import { extend } from "./map.js";
import { token } from "./symbols.js";

const EVERY = 5_000;
const OLD = 8_000;
const ANSWERED_WITHIN = 4_000;

/**
 * @typedef {{clock: string, squads: [string, number][], opened: number[], closed: number[],
 *   whistles: {number: string, unit: string, due: string}[], at: string,
 *   moves: {number: string, what: string, unit: string, at: string}[]} & Record<string, any>} Told
 */

class WallMap extends DrawnMap {
  /** @override @param {Record<string, string>} more */
  address(more) {
    const url = new URL(this.dataset.url ?? "", window.location.href);
    if (more.part === "moved" || more.part === "words") url.searchParams.set("part", more.part);
    return url;
  }

  /** @override */
  async open() {
    await super.open();
    document.addEventListener("jd:wall", () => this.follow_data());
  }

  /** The symbols of the same moment; whoever waits for them is told. */
  async follow_data() {
    await this.load().catch(() => undefined);
    this.sync();
    document.dispatchEvent(new CustomEvent("jd:wall-drawn"));
  }

  /** Nobody moves a wall: its frame is the district. @override @param {import("maplibre-gl").Map} map */
  frame(map) {
    const box = new (/** @type {typeof import("maplibre-gl")} */ (this.library)).LngLatBounds();
    for (const { geometry } of this.outlines?.features ?? []) extend(box, geometry);
    if (!box.isEmpty()) map.fitBounds(box, { padding: 24, duration: 0 });
  }

  /** @override */
  moved() {}

  /** Words and symbols are read from five metres. @override @param {import("maplibre-gl").Map} map */
  spot(map) {
    super.spot(map);
    const size = parseFloat(getComputedStyle(document.documentElement).fontSize);
    for (const level of ["community", "grid"]) map.removeLayer(`names-${level}`);
    map.setLayerZoomRange("names-subdistrict", 0, 24);
    map.setLayoutProperty("names-subdistrict", "text-size", size);
    map.removeLayer("labels");
    map.setLayoutProperty("clusters", "text-size", size);
    for (const layer of ["cases", "clusters"]) map.setLayoutProperty(layer, "icon-size", size / 14);
  }

  /** @override */
  listen(/** @type {import("maplibre-gl").Map} */ map) {
    super.listen(map);
    for (const hand of [map.dragPan, map.scrollZoom, map.doubleClickZoom, map.keyboard, map.touchZoomRotate]) hand.disable();
  }

  /** @override */
  touch() {}

  /** @override */
  async read_words() {}
}

customElements.define("jd-wall-map", WallMap);

const written = document.getElementById("wall-data")?.textContent;
let heard = performance.now();
/** @type {any} */
let chart;

/** @type {Map<string, string>} */
const shown = new Map();

/** Whether this stands there already: what has not changed is not made anew. @param {string} place @param {unknown} told */
function isShown(place, told) {
  const text = JSON.stringify(told);
  const same = shown.get(place) === text;
  shown.set(place, text);
  return same;
}

/** @param {string} name @param {string} text */
function put(name, text) {
  for (const place of document.querySelectorAll(`[data-wall="${name}"]`)) {
    if (place.textContent !== text) place.textContent = text;
    place.toggleAttribute("data-none", text === "0");
  }
}

/** @param {string} selector @param {[string, string, string?][]} rows */
function list(selector, rows) {
  const place = document.querySelector(selector);
  if (isShown(selector, rows)) return;
  place?.replaceChildren(
    ...rows.map(([left, right, face]) => {
      const item = document.createElement("li");
      if (face) item.dataset.face = face;
      for (const text of [left, right]) {
        const part = document.createElement("span");
        part.textContent = text;
        item.append(part);
      }
      return item;
    }),
  );
}

/** @param {Told} told */
function show(told) {
  for (const name of ["clock", "overdue", "soon", "whistling", "on_duty", "unplaced"]) put(name, String(told[name]));
  list("[data-wall-squads]", told.squads.map(([name, count]) => [name, String(count)]));
  list("[data-wall-moves]", told.moves.map((one) => [`${one.at} ${one.number} ${one.what}`, one.unit]));
  const words = document.querySelector("[data-wall-whistles]");
  const now = Date.parse(told.at);
  list(
    "[data-wall-whistles]",
    told.whistles.map((one) => {
      const minutes = Math.round((Date.parse(one.due) - now) / 60_000);
      const word = (minutes < 0 ? words?.getAttribute("data-late") : words?.getAttribute("data-left")) ?? "";
      const left = one.due ? word.replace("{h}", String(Math.floor(Math.abs(minutes) / 60))).replace("{m}", String(Math.abs(minutes) % 60)) : "–";
      return [`${one.number} ${one.unit}`, left, minutes < 0 ? "overdue" : undefined];
    }),
  );
  draw(told);
  document.dispatchEvent(new CustomEvent("jd:wall"));
}

/** @param {Told} told */
function draw({ opened, closed }) {
  if (isShown("chart", [opened, closed])) return;
  const place = document.querySelector("[data-wall-chart]");
  const finding = document.getElementById("wall-finding");
  const sum = (/** @type {number[]} */ all) => String(all.reduce((a, b) => a + b, 0));
  if (finding) finding.textContent = (finding.dataset.word ?? "").replace("{a}", sum(opened)).replace("{b}", sum(closed));
  document.querySelector("[data-wall-table]")?.replaceChildren(
    ...opened.map((count, hour) => {
      const row = document.createElement("tr");
      for (const text of [`${hour}:00`, String(count), String(closed[hour] ?? 0)]) row.insertCell().textContent = text;
      return row;
    }),
  );
  const library = /** @type {any} */ (window).echarts;
  if (!library || !(place instanceof HTMLElement)) return;
  chart ??= library.init(place, null, { renderer: "canvas" });
  const size = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const text = { color: token("ink-2"), fontSize: size };
  const bars = (/** @type {string} */ name, /** @type {number[]} */ data, /** @type {string} */ colour, /** @type {string} */ edge) => ({
    name,
    type: "bar",
    // The hour that still runs is only outlined: it is no full hour.
    data: data.map((value, hour) => ({ value, itemStyle: hour === data.length - 1 ? { color: "transparent", borderColor: edge, borderType: "dashed", borderWidth: 2 } : { color: colour, borderColor: edge, borderWidth: 1 } })),
  });
  chart.setOption(
    {
      animation: false,
      grid: { left: size * 2, right: size * 0.5, top: size * 0.6, bottom: size * 1.6 },
      tooltip: { renderMode: "richText", trigger: "axis" },
      xAxis: { type: "category", data: opened.map((_, hour) => String(hour)), axisLabel: { ...text, interval: 3 }, axisLine: { lineStyle: { color: token("control") } } },
      yAxis: { type: "value", minInterval: 1, splitNumber: 2, axisLabel: text, splitLine: { lineStyle: { color: token("hairline") } } },
      series: [bars(place.dataset.opened ?? "", opened, token("accent"), token("accent")), bars(place.dataset.closed ?? "", closed, token("accent-tint"), token("accent"))],
    },
    true,
  );
}

/** @type {Promise<void> | undefined} */
let asking;

/** One question at a time: while the server is slow, a second would only wait behind the first. */
function ask() {
  asking ??= hear().finally(() => {
    asking = undefined;
  });
  return asking;
}

async function hear() {
  const told = await told_now().catch(() => undefined);
  if (told === "over") return age(true);
  if (!told) return;
  heard = performance.now();
  show(told);
}

/** What the server says now. Undefined if it says nothing of use in time. @returns {Promise<Told | "over" | undefined>} */
async function told_now() {
  const patience = new AbortController();
  const turn = window.setTimeout(() => patience.abort(), ANSWERED_WITHIN);
  try {
    const answer = await fetch("data/", { cache: "no-store", signal: patience.signal });
    if (answer.status === 401) return "over";
    return answer.ok ? await answer.json() : undefined;
  } finally {
    window.clearTimeout(turn);
  }
}

/** Past eight seconds the age stands there in words, until something comes again. @param {boolean} [over] */
function age(over) {
  const place = document.querySelector("[data-wall-age]");
  if (!(place instanceof HTMLElement)) return;
  const silent = performance.now() - heard;
  const clock = place.querySelector(".num");
  if (over || silent > OLD) {
    place.dataset.old = "";
    const words = over ? place.dataset.wordOver : place.dataset.wordOld;
    if (clock) clock.textContent = (words ?? "").replace("{n}", String(Math.round(silent / 1_000)));
  } else delete place.dataset.old;
  if (over) window.setTimeout(() => window.location.reload(), 60_000);
}

window.setInterval(ask, EVERY);
// What asks for an answer out of turn: a test that lives through a day in a minute.
document.addEventListener("jd:wall-ask", () => ask());
window.setInterval(() => age(), 1_000);
window.addEventListener("load", () => written && show(JSON.parse(written)));
window.addEventListener("resize", () => chart?.resize());

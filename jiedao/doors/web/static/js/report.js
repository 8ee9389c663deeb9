/**
 * Reporting (报事) on a phone: the form in three steps, the own position, and similar open matters near it.
 *
 * The form is whole without this file; what it does is to ask one thing after another.
 */

import { say } from "./page.js";

/** @param {string} selector */
function one(selector) {
  const found = document.querySelector(selector);
  return found instanceof HTMLElement ? found : undefined;
}

const form = document.getElementById("report");

/* Three steps: the place, the words, the check. The check is a page of the server. */

/** @param {HTMLFormElement} form */
function stepwise(form) {
  const parts = [...form.querySelectorAll("[data-step]")].filter((part) => part instanceof HTMLElement);
  const next = form.querySelector("[data-jd-next]");
  const back = form.querySelector("[data-jd-back-step]");
  for (const button of [next, back]) if (button instanceof HTMLElement) button.hidden = false;
  const show = () => {
    const at = window.location.hash === "#say" ? "2" : "1";
    for (const part of parts) part.hidden = part.dataset.step !== at;
    const count = one("[data-jd-count]");
    if (count) count.textContent = (form.dataset.of ?? "").replace("{n}", at);
    window.scrollTo(0, 0);
    if (at === "2") one("#id_words")?.focus();
  };
  next?.addEventListener("click", () => (window.location.hash = "say"));
  back?.addEventListener("click", () => window.history.back());
  window.addEventListener("hashchange", show);
  show();
}

if (form instanceof HTMLFormElement && form.hasAttribute("data-jd-steps")) stepwise(form);

/* The place: by the phone's own position, by the list, by the map. */

/** @param {HTMLElement} where */
function placed(where) {
  const said = one("#where-said");
  const tell = (/** @type {string} */ text) => {
    if (said) said.textContent = text;
    say(text);
  };
  const button = where.querySelector("[data-jd-here]");
  if (button instanceof HTMLElement && "geolocation" in navigator) {
    button.hidden = false;
    button.addEventListener("click", () => {
      tell(where.dataset.finding ?? "");
      const failed = () => tell(where.dataset.noPosition ?? "");
      const found = (/** @type {GeolocationPosition} */ at) => {
        write("id_lon", at.coords.longitude.toFixed(6));
        write("id_lat", at.coords.latitude.toFixed(6));
        ask(`lon=${at.coords.longitude}&lat=${at.coords.latitude}`).catch(failed);
      };
      navigator.geolocation.getCurrentPosition(found, failed, { enableHighAccuracy: true, timeout: 10_000 });
    });
  }
  const ask = async (/** @type {string} */ query) => {
    const [name, near] = await Promise.all([
      fetch(`${where.dataset.place}?${query}`, { headers: { "HX-Request": "true" } }),
      fetch(`${where.dataset.similar}?${query}`, { headers: { "HX-Request": "true" } }),
    ]);
    if (name.ok) tell((read(await name.text()).textContent ?? "").trim());
    const list = one("#similar");
    if (near.ok && list) list.replaceChildren(...read(await near.text()).childNodes);
  };
  where.addEventListener("jd:picked", (event) => {
    if (event instanceof CustomEvent) ask(`lon=${event.detail.lon}&lat=${event.detail.lat}`).catch(() => undefined);
  });
  const community = where.querySelector('select[name="area"]');
  if (community instanceof HTMLSelectElement)
    community.addEventListener("change", () => {
      if (community.value) ask(`area=${encodeURIComponent(community.value)}`).catch(() => undefined);
    });
}

/** @param {string} html */
function read(html) {
  return new DOMParser().parseFromString(html, "text/html").body;
}

/**
 * @param {string} id
 * @param {string} value
 */
function write(id, value) {
  const input = document.getElementById(id);
  if (input instanceof HTMLInputElement) input.value = value;
}

const where = one("[data-jd-where]");
if (where) placed(where);

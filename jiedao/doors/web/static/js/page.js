/**
 * The page (页面): what islands ask of it: its language, the server's clock, the one polite region.
 */

export const isChinese = !document.documentElement.lang.startsWith("en");

const opened = performance.now();
const serverThen = Date.parse(document.documentElement.dataset.now ?? "") || Date.now();

/** The server's present in milliseconds: counted from what the page was sent with, never the device's clock. */
export function serverNow() {
  return serverThen + (performance.now() - opened);
}

/**
 * Put a sentence into the polite region.
 * @param {string} text
 */
export function say(text) {
  const region = document.getElementById("jd-said");
  if (region) region.textContent = text;
}

/**
 * Is a person writing in there?
 * @param {Element | null} element
 */
export function isWriting(element) {
  if (!(element instanceof HTMLElement)) return false;
  if (element.isContentEditable || element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement) return true;
  return element instanceof HTMLInputElement && !["button", "checkbox", "radio", "submit", "file", "range"].includes(element.type);
}

/**
 * Islands (岛): every page loads this one module; each element upgrades what already works without it.
 */

import "./bulk.js";
import "./clock.js";
import "./countdown.js";
import "./drafts.js";
import "./keys.js";
import "./live.js";
import "./map.js";
import "./passkeys.js";
import "./photos.js";
import "./position.js";
import "./print.js";
import "./replying.js";
import "./requests.js";
import "./retry.js";
import "./tour.js";
import { say } from "./page.js";

// A refusal or an error summary that arrives, with the page or in a part, takes the focus.
/** @param {ParentNode} root */
function focusFirst(root) {
  const target = root.querySelector("[data-jd-focus]");
  if (target instanceof HTMLElement) target.focus();
}

focusFirst(document);

// A page that is one form begins in it, unless something else has the focus.
const start = document.querySelector("[data-jd-start] :is(input:not([type=hidden]), select, textarea):not([disabled])");
if (start instanceof HTMLElement && document.activeElement === document.body && start.checkVisibility()) start.focus();

document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.target instanceof Element) focusFirst(event.target.parentElement ?? event.target);
});

document.body.addEventListener("jd:said", (event) => {
  if (event instanceof CustomEvent) say(String(event.detail?.value ?? event.detail ?? ""));
});

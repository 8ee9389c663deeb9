/**
 * Rows chosen (批量): the bar below a list shows once a row is chosen, and says how many are.
 */

function count() {
  for (const bar of document.querySelectorAll("[data-jd-bulk]")) {
    const form = bar.closest("form");
    if (!form) continue;
    const chosen = [...form.elements].filter((field) => field instanceof HTMLInputElement && field.name === "case" && field.checked).length;
    bar.toggleAttribute("data-none", chosen === 0);
    const words = bar.querySelector("[data-jd-chosen]");
    if (words instanceof HTMLElement) words.textContent = (words.dataset.words ?? "").replace("{n}", String(chosen));
  }
}

document.addEventListener("change", (event) => {
  if (event.target instanceof HTMLInputElement && event.target.name === "case") count();
});
document.body.addEventListener("htmx:afterSettle", count);
count();

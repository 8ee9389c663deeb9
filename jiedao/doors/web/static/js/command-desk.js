/**
 * The panes of the dispatch map (指挥台): what the send button says, whole squads, the moment of the day. No map needed.
 */

/** The button says whom it sends. */
function name_send() {
  const button = document.querySelector("[data-jd-send]");
  const words = button?.querySelector("span");
  if (!(button instanceof HTMLElement) || !words) return;
  const chosen = [...document.querySelectorAll("#send input[name=shift]")].filter((box) => box instanceof HTMLInputElement && box.checked);
  const signs = chosen.map((box) => box.getAttribute("data-sign") ?? "").join(" + ");
  words.textContent = (button.dataset.word ?? "").replace("{who}", signs);
  if (chosen.length && !document.getElementById("not-yet")) button.removeAttribute("aria-disabled");
  else button.setAttribute("aria-disabled", "true");
}

document.addEventListener("change", (event) => {
  const box = event.target;
  if (box instanceof HTMLInputElement && box.name === "shift" && box.closest("#send")) name_send();
});
document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-jd-all]") : null;
  if (!button) return;
  const boxes = [...(button.closest("fieldset")?.querySelectorAll('input[name="shift"]') ?? [])].filter((box) => box instanceof HTMLInputElement);
  const all = boxes.every((box) => box.checked);
  for (const box of boxes) box.checked = !all;
});

const slide = document.querySelector("[data-jd-slide]");
const then = document.getElementById("then");
if (slide instanceof HTMLInputElement && then instanceof HTMLInputElement) {
  const write = () => {
    const minute = Number(slide.value);
    then.value = `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
  };
  slide.addEventListener("input", write);
  slide.addEventListener("change", () => {
    write();
    slide.form?.requestSubmit();
  });
}

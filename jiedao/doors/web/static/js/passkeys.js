/**
 * Passkeys (通行密钥): a form with data-jd-passkey asks the browser for a key and then sends itself with the answer.
 * `add` makes one, `get` shows one, `login` asks for the question first. Without the browser's own parts it stays as it is.
 */

/** @typedef {{ parseCreationOptionsFromJSON?: Function, parseRequestOptionsFromJSON?: Function }} Parsers */

/** @returns {Parsers} */
function parsers() {
  return /** @type {Parsers} */ (/** @type {unknown} */ (window.PublicKeyCredential ?? {}));
}

/** @param {HTMLFormElement} form */
async function options(form) {
  const url = form.dataset.optionsUrl;
  if (url) {
    const answer = await fetch(url, { headers: { "X-Requested-With": "XMLHttpRequest", Accept: "application/json" } });
    return (await answer.json()).request_options.publicKey;
  }
  const told = JSON.parse(document.getElementById("passkey-options")?.textContent ?? "{}");
  return (told.creation_options ?? told.request_options).publicKey;
}

/** @param {HTMLFormElement} form */
async function show(form) {
  const asked = await options(form);
  const add = form.dataset.jdPasskey === "add";
  // A key that shall sign in alone must know whose it is, and ask for the finger or the PIN.
  const alone = { residentKey: "required", requireResidentKey: true, userVerification: "required" };
  if (add) asked.authenticatorSelection = { ...asked.authenticatorSelection, ...alone };
  const publicKey = add
    ? parsers().parseCreationOptionsFromJSON?.(asked)
    : parsers().parseRequestOptionsFromJSON?.(asked);
  const key = add ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
  const field = form.elements.namedItem("credential");
  if (!(field instanceof HTMLInputElement) || !key) return;
  field.value = JSON.stringify(/** @type {{ toJSON(): unknown }} */ (/** @type {unknown} */ (key)).toJSON());
  form.submit();
}

for (const form of document.querySelectorAll("form[data-jd-passkey]")) {
  if (!(form instanceof HTMLFormElement) || !parsers().parseCreationOptionsFromJSON) continue;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show(form).catch((fault) => {
      // The person pressed "cancel", or has no key here: the other ways stand beside it.
      console.info("passkey", fault.name);
    });
  });
}

/**
 * The service worker of the report pages (离线外壳): without a network it shows an empty form and keeps what was sent.
 *
 * It holds one page without anybody's data and the files that page needs; no answer of the server is ever kept.
 */

const SHELL = "{{ shell }}";
const CACHE = "jiedao-report-{{ version }}";
const FILES = [{% for file in files %}"{{ file }}"{% if not forloop.last %}, {% endif %}{% endfor %}];

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([new Request(SHELL, { cache: "no-store" }), ...FILES])));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)))).then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && url.pathname === "{{ report }}") {
    event.respondWith(request.method === "POST" ? posted(request) : fetch(request).catch(shell));
  } else if (FILES.includes(url.pathname)) {
    event.respondWith(fetch(request).catch(() => caches.match(url.pathname)));
  }
});

async function shell() {
  return (await caches.match(SHELL)) ?? Response.error();
}

/** A form that does not arrive is put into the outbox: whole to be sent, half-filled to be gone on with. */
async function posted(request) {
  const copy = request.clone();
  try {
    return await fetch(request);
  } catch {
    await keep(await copy.formData());
    return shell();
  }
}

function keep(form) {
  const fields = [];
  const files = [];
  for (const [name, value] of form.entries()) {
    if (value instanceof File) {
      if (value.size) files.push(value);
    } else if (!["csrfmiddlewaretoken", "key", "go", "step"].includes(name)) fields.push([name, value]);
  }
  const draft = !["send", "check"].includes(form.get("go")) || !form.get("words");
  const row = { key: form.get("key") || crypto.randomUUID(), at: Date.now(), fields, files, draft };
  return new Promise((done, failed) => {
    const asked = indexedDB.open("jiedao-outbox", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("reports", { keyPath: "key" });
    asked.onerror = () => failed(asked.error);
    asked.onsuccess = () => {
      const doing = asked.result.transaction("reports", "readwrite");
      doing.objectStore("reports").put(row);
      doing.oncomplete = () => done(asked.result.close());
      doing.onabort = () => failed(doing.error);
    };
  });
}

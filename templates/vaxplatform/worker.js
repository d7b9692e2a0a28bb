/* Keeps one part of the site for use without a network; see vaxplatform/offline.py. */
"use strict";

const KEPT = {{ config }};
const SHELL = `${KEPT.name}-${KEPT.version}`;
const DATA = `${KEPT.name}-data`;
const PATIENCE_MS = 4000; // a network that does not answer by then counts as none
const LOOSE = { ignoreSearch: true, ignoreVary: true };

/* A new copy from the network, past the browser's own cache; null when it is not to be kept. */
async function fresh(path) {
  const response = await fetch(path, { cache: "no-cache", credentials: "same-origin" });
  return response.ok && !response.redirected ? response : null;
}

async function keepShell() {
  const cache = await caches.open(SHELL);
  await Promise.all(
    [...KEPT.assets, ...KEPT.pages].map(async (path) => {
      const response = await fresh(path);
      if (!response) throw new Error(`not to be had: ${path}`);
      await cache.put(path, response);
    }),
  );
}

/* Data may be missing for a while (nothing published yet, signed out): that stops nothing. */
async function keepData() {
  const cache = await caches.open(DATA);
  await Promise.allSettled(
    KEPT.data.map(async (path) => {
      const response = await fresh(path);
      if (response) await cache.put(path, response);
    }),
  );
}

async function forgetOld() {
  const own = (name) => name.startsWith(`${KEPT.name}-`) && name !== SHELL && name !== DATA;
  await Promise.all((await caches.keys()).filter(own).map((name) => caches.delete(name)));
  const cache = await caches.open(DATA);
  const stray = (request) => !KEPT.data.includes(new URL(request.url).pathname);
  await Promise.all((await cache.keys()).filter(stray).map((request) => cache.delete(request)));
}

async function assetFirst(request, path) {
  const cache = await caches.open(SHELL);
  return (await cache.match(path, LOOSE)) || fetch(request);
}

/* Network first; the kept copy when it fails, is slow or is broken. What comes is kept. */
async function networkFirst(event, path, cacheName) {
  const cache = await caches.open(cacheName);
  const asked = fetch(event.request).then(async (response) => {
    if (response.ok && !response.redirected && response.type === "basic") {
      await cache.put(path, response.clone());
    }
    return response;
  });
  event.waitUntil(asked.catch(() => undefined));
  let timer;
  const waited = new Promise((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS);
  });
  const response = await Promise.race([asked, waited]).catch(() => undefined);
  clearTimeout(timer);
  if (response && response.status < 500) return response;
  return (await cache.match(path, LOOSE)) || response || asked;
}

self.addEventListener("install", (event) => {
  event.waitUntil(Promise.all([keepShell(), keepData()]).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOld().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (KEPT.assets.includes(url.pathname)) {
    event.respondWith(assetFirst(request, url.pathname));
  } else if (KEPT.data.includes(url.pathname)) {
    event.respondWith(networkFirst(event, url.pathname, DATA));
  } else if (KEPT.pages.includes(url.pathname) && request.mode === "navigate") {
    event.respondWith(networkFirst(event, url.pathname, SHELL));
  }
});

/* Registers the service worker of this part of the site: <script data-worker="…" data-scope="…">. */
(function () {
  "use strict";
  var own = document.currentScript.dataset;
  if ("serviceWorker" in navigator) {
    navigator.serviceWorker.register(own.worker, { scope: own.scope, updateViaCache: "none" }).catch(function () {
      /* A browser that refuses (private mode, http): the page works, with a network. */
    });
  }
})();

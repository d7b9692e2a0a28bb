/* Keeps the board fresh: asks for its cells every 15 seconds and says when that fails. */
(function () {
  "use strict";
  var body = document.body;
  var main = document.querySelector("main");
  var clock = document.querySelector("[data-live-clock]");
  var state = document.querySelector("[data-live-state]");
  if (!body.dataset.live || !main || !clock) return;
  var tag = "";

  function fresh() {
    clock.textContent = new Intl.DateTimeFormat("en-GB", {
      timeZone: "Asia/Ho_Chi_Minh", hour: "2-digit", minute: "2-digit", second: "2-digit"
    }).format(new Date());
    state.textContent = "";
    body.classList.remove("board--old");
  }

  function lost() {
    if (!state.textContent) state.textContent = body.dataset.liveLost;
    body.classList.add("board--old");
  }

  /* Who stands on a link with the keyboard stands there afterwards. */
  function show(html) {
    var held = main.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    main.innerHTML = html;
    if (held) {
      main.querySelectorAll("a[href]").forEach(function (link) {
        if (link.getAttribute("href") === held) link.focus({ preventScroll: true });
      });
    }
  }

  function ask() {
    if (document.hidden) return;
    var headers = tag ? { "If-None-Match": tag } : {};
    fetch(body.dataset.live, { headers: headers, cache: "no-store", redirect: "error", signal: AbortSignal.timeout(10000) })
      .then(function (response) {
        if (response.status === 304) return fresh();
        if (!response.ok) throw new Error(String(response.status));
        tag = response.headers.get("ETag") || "";
        return response.text().then(function (html) {
          show(html);
          fresh();
        });
      })
      .catch(lost);
  }
  setInterval(ask, 15000);
  document.addEventListener("visibilitychange", ask);
})();

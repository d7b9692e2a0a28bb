/* Progress without reloading, and decisions by single keys. Every page works without it. */
(function () {
  "use strict";

  /* One press is one file: the button rests until the answer comes. */
  document.querySelectorAll("[data-once]").forEach(function (button) {
    button.form.addEventListener("submit", function () {
      setTimeout(function () { button.disabled = true; }, 0);
    });
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("[data-once]").forEach(function (button) { button.disabled = false; });
  });

  /* How far the work is; at its end the page is loaded anew. */
  var work = document.querySelector("[data-progress]");
  function ask() {
    fetch(work.dataset.progress, { headers: { Accept: "application/json" } })
      .then(function (answer) {
        if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
        return answer.json();
      })
      .then(function (now) {
        if (!now.running) {
          location.reload();
          return;
        }
        if (now.percent !== null) work.querySelector("[data-bar]").value = now.percent;
        work.querySelector("[data-sentence]").textContent = now.sentence;
        work.querySelector("[data-pace]").textContent = now.pace;
        var tenth = now.percent === null ? null : Math.floor(now.percent / 10);
        if (tenth !== null && work.dataset.tenth !== String(tenth)) {
          work.dataset.tenth = String(tenth);
          work.querySelector("[data-said]").textContent = now.sentence;
        }
        setTimeout(ask, 2000);
      })
      .catch(function () { setTimeout(ask, 5000); });
  }
  if (work) setTimeout(ask, 1000);

  /* Single keys press the buttons that show them; they can be turned off, and rest in fields. */
  var keyed = document.querySelector("[data-keys]");
  var turn = document.querySelector("[data-keys-switch]");
  if (!keyed || !turn) return;
  var STORE = "import-keys";
  var on = true;
  try { on = localStorage.getItem(STORE) !== "off"; } catch (error) { /* keys stay on */ }
  function show() {
    turn.hidden = false;
    turn.textContent = on ? keyed.dataset.keys : keyed.dataset.keysOff;
    turn.setAttribute("aria-pressed", String(on));
  }
  turn.addEventListener("click", function () {
    on = !on;
    try { localStorage.setItem(STORE, on ? "on" : "off"); } catch (error) { /* for this page only */ }
    show();
  });
  show();

  var pressed = false;
  document.addEventListener("keydown", function (event) {
    var writing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (!on || pressed || writing || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    var target = document.querySelector('[data-key="' + CSS.escape(event.key.toLowerCase()) + '"]');
    if (!target) return;
    event.preventDefault();
    var first = target.dataset.first && document.getElementById(target.dataset.first);
    if (first && !first.value.trim()) {
      first.focus(); /* it asks for a reason first; Enter sends it */
      return;
    }
    pressed = true;
    target.click();
  });
  window.addEventListener("pageshow", function () { pressed = false; });
})();

/* Refreshes timers and moves focus. Every page works without it. */
(function () {
  "use strict";

  /* Minutes left until a deadline: <span data-deadline="ISO" data-left="{n} minutes left" data-over="{n} minutes over">. */
  function tick() {
    document.querySelectorAll("[data-deadline]").forEach(function (element) {
      var minutes = Math.round((new Date(element.dataset.deadline) - Date.now()) / 60000);
      var text = minutes >= 0 ? element.dataset.left : element.dataset.over;
      if (text) element.textContent = text.replace("{n}", Math.abs(minutes));
    });
  }
  if (document.querySelector("[data-deadline]")) {
    tick();
    setInterval(tick, 15000);
  }

  /* A page that shows work in progress reloads itself, never under somebody's hands. */
  function busy() {
    var active = document.activeElement;
    var typing = active && /^(INPUT|TEXTAREA|SELECT)$/.test(active.tagName) && active.value !== active.defaultValue;
    return document.hidden || typing || Boolean(document.querySelector("details[open], dialog[open]"));
  }
  var seconds = Number(document.body.dataset.refreshSeconds);
  if (seconds) {
    setInterval(function () {
      if (!busy()) location.reload();
    }, seconds * 1000);
  }

  /* "/" brings the scanner's field back; what it holds is selected, so a scan replaces it. */
  document.addEventListener("keydown", function (event) {
    var field = document.querySelector("[data-scan]");
    var inField = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (field && event.key === "/" && !inField && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  });

  /* The error summary takes focus in browsers that ignore autofocus outside of form controls. */
  var summary = document.querySelector(".summary-err[autofocus]");
  if (summary && document.activeElement !== summary) summary.focus();
})();

/* Signs by single keys while the focus is among them, and the grade they propose as they are
   ticked. The server proposes the same; the page works without this. */
(function () {
  "use strict";
  var signs = document.querySelector("[data-signs]");
  if (!signs) return;
  var boxes = Array.from(signs.querySelectorAll("input[type=checkbox]"));
  var live = document.querySelector("[data-proposal]");

  boxes.forEach(function (box) {
    var key = document.createElement("kbd");
    key.textContent = box.dataset.key;
    key.setAttribute("aria-hidden", "true");
    box.setAttribute("aria-keyshortcuts", box.dataset.key);
    box.parentElement.append(key);
  });
  var hint = document.createElement("p");
  hint.className = "hint";
  hint.textContent = signs.dataset.keysHint;
  signs.querySelector("legend").after(hint);

  function proposal() {
    var pointing = boxes.filter(function (box) { return box.checked && Number(box.dataset.least); });
    var highest = Math.max.apply(null, [0].concat(pointing.map(function (box) { return Number(box.dataset.least); })));
    if (highest >= 3) return highest;
    var organs = new Set(pointing.map(function (box) { return box.dataset.organ; }));
    if (organs.size > 1) return 2;
    return highest === 1 ? 1 : 0;
  }
  function show() {
    var grade = proposal();
    live.hidden = !grade || String(grade) === live.dataset.seen; /* the server says so above */
    live.textContent = grade ? live.dataset.lead + ": " + live.dataset["g" + grade] : "";
  }
  signs.addEventListener("change", show);
  show();

  signs.addEventListener("keydown", function (event) {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    var box = boxes.find(function (each) { return each.dataset.key === event.key.toLowerCase(); });
    if (!box) return;
    event.preventDefault();
    box.click();
    box.focus();
  });
})();

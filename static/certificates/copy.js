/* The share link's buttons: copy it, or hand it to the phone's own share sheet. */
(function () {
  "use strict";
  var box = document.querySelector("[data-copy-from]");
  if (!box) return;
  var field = document.getElementById(box.dataset.copyFrom);
  var status = box.querySelector("[role=status]");
  var copy = box.querySelector("[data-copy]");
  var send = box.querySelector("[data-send]");

  function selected() {
    field.focus();
    field.select();
    try {
      return document.execCommand("copy"); // pages without https have no clipboard of their own
    } catch (error) {
      return false;
    }
  }

  copy.hidden = false;
  copy.addEventListener("click", function () {
    var asked = navigator.clipboard ? navigator.clipboard.writeText(field.value) : Promise.reject();
    asked.then(
      function () { return true; },
      selected
    ).then(function (done) {
      status.textContent = done ? box.dataset.copied : box.dataset.notCopied;
    });
  });
  if (navigator.share) {
    send.hidden = false;
    send.addEventListener("click", function () {
      navigator.share({ url: field.value }).catch(function () { /* the person changed her mind */ });
    });
  }
})();

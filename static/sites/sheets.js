/* Typing a paper sheet: Enter goes to the next row, a row is saved as it is left, rows are added at
   the end; and keys to decide between two entries. Without it the buttons do the same. */
(function () {
  "use strict";

  var form = document.querySelector("[data-grid]");
  if (form) grid(form);
  var comparison = document.querySelector("[data-compare]");
  if (comparison) compare(comparison);

  function grid(form) {
    var words = form.dataset;
    var body = form.querySelector("tbody");
    var told = form.querySelector("[data-part=told]");
    var kept = new Map();
    var leaving = false;

    function inputs(row) {
      return Array.from(row.querySelectorAll("input"));
    }
    function written(row) {
      return JSON.stringify(inputs(row).map(function (input) { return input.value.trim(); }));
    }
    function isEmpty(row) {
      return inputs(row).every(function (input) { return !input.value.trim(); });
    }
    function say(row, state, word) {
      row.dataset.s = state;
      row.querySelector("[data-part=state]").textContent = word;
      if (word && state !== "saving") {
        told.textContent = words.told.replace("{n}", row.dataset.row).replace("{state}", word);
      }
    }
    function mark(row, errors) {
      var wrong = false;
      inputs(row).forEach(function (input) {
        var place = document.getElementById(input.name + "-e");
        var text = errors[input.name] || "";
        place.textContent = text;
        if (text) {
          wrong = true;
          input.setAttribute("aria-invalid", "true");
          input.setAttribute("aria-describedby", place.id);
        } else {
          input.removeAttribute("aria-invalid");
          input.removeAttribute("aria-describedby");
        }
      });
      return wrong;
    }

    /* A row is sent when the hands leave it; sent once more if it was changed meanwhile. */
    var queue = Promise.resolve();
    function save(row) {
      var content = written(row);
      if (leaving || kept.get(row) === content) return;
      kept.set(row, content);
      say(row, "saving", words.saving);
      var data = new URLSearchParams();
      data.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
      data.set("do", "row");
      inputs(row).forEach(function (input) { data.set(input.name, input.value); });
      queue = queue.then(function () { return send(row, content, data); });
    }
    function send(row, content, data) {
      return fetch(form.action || location.href, { method: "POST", body: data, redirect: "error" })
        .then(function (answer) {
          if (!answer.ok) throw new Error(answer.status);
          return answer.json();
        })
        .then(function (answer) {
          form.querySelector("[data-part=typed]").textContent = answer.typed;
          if (kept.get(row) !== content) return;
          if (mark(row, answer.errors)) say(row, "wrong", words.mend);
          else say(row, "saved", isEmpty(row) ? "" : words.saved);
        })
        .catch(function () {
          if (kept.get(row) === content) kept.delete(row);
          say(row, "failed", words.failed);
        });
    }

    function added(row) {
      var line = Number(row.dataset.row) + 1;
      if (line > Number(words.most)) return null;
      var next = row.cloneNode(true);
      next.dataset.row = line;
      delete next.dataset.s;
      next.querySelector("th").lastChild.textContent = line;
      next.querySelectorAll("td[data-f]").forEach(function (cell) {
        var name = "r" + line + "-" + cell.dataset.f;
        var input = cell.querySelector("input");
        input.id = input.name = name;
        input.value = "";
        input.removeAttribute("value");
        input.removeAttribute("autofocus");
        cell.querySelector("label").htmlFor = name;
        cell.querySelector("label .vh").lastChild.textContent =
          cell.querySelector("label .vh").textContent.replace(/\d+$/, line);
        cell.querySelector(".grid__e").id = name + "-e";
      });
      body.append(next);
      mark(next, {});
      next.querySelector("[data-part=state]").textContent = "";
      kept.set(next, written(next));
      return next;
    }

    document.querySelector("[data-part=keys]").hidden = false;
    Array.from(body.rows).forEach(function (row) { kept.set(row, written(row)); });

    body.addEventListener("focusin", function (event) {
      var row = event.target.closest("tr");
      if (!row.nextElementSibling) added(row);
    });
    body.addEventListener("focusout", function (event) {
      var row = event.target.closest("tr");
      if (!row.contains(event.relatedTarget)) save(row);
    });
    body.addEventListener("keydown", function (event) {
      if (event.key !== "Enter" || event.isComposing || event.target.tagName !== "INPUT") return;
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) {
        form.requestSubmit(form.querySelector("button[value=finish]"));
        return;
      }
      var row = event.target.closest("tr");
      var other = event.shiftKey ? row.previousElementSibling : row.nextElementSibling;
      var to = other && inputs(other)[0];
      if (to) {
        to.focus();
        to.select();
      } else {
        save(row);
      }
    });
    form.addEventListener("submit", function () { leaving = true; });
    addEventListener("beforeunload", function (event) {
      var open = Array.from(body.rows).some(function (row) {
        return kept.get(row) !== written(row) || row.dataset.s === "saving" || row.dataset.s === "failed";
      });
      if (open && !leaving) event.preventDefault();
    });
  }

  function compare(form) {
    var questions = Array.from(form.querySelectorAll("[data-question]"));
    var keys = document.querySelector("[data-part=keys]");
    if (keys) keys.hidden = false;

    function choose(question, number) {
      var radio = question.querySelectorAll("input[type=radio]")[number - 1];
      if (!radio) return;
      radio.checked = true;
      var text = question.querySelector("input:not([type=radio])");
      if (radio.value === "other" && text) {
        text.focus();
        return;
      }
      onwards(question);
    }
    function onwards(question) {
      var next = questions[questions.indexOf(question) + 1];
      var to = next
        ? next.querySelector("input[type=radio]:checked") || next.querySelector("input[type=radio]")
        : form.querySelector("button.btn--big");
      to.focus();
    }

    form.addEventListener("keydown", function (event) {
      var question = event.target.closest("[data-question]");
      if (!question || event.ctrlKey || event.metaKey || event.altKey) return;
      var isText = event.target.type !== "radio";
      if (isText && event.key === "Enter") {
        event.preventDefault();
        onwards(question);
      } else if (!isText && /^[123]$/.test(event.key)) {
        event.preventDefault();
        choose(question, Number(event.key));
      }
    });
    form.addEventListener("input", function (event) {
      var question = event.target.closest("[data-question]");
      if (!question || event.target.type === "radio" || !event.target.value) return;
      question.querySelector("input[value=other]").checked = true;
    });
    if (questions.length && !document.querySelector(".summary-err")) {
      questions[0].querySelector("input[type=radio]").focus();
    }
  }
})();

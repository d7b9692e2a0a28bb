/* /wallet/: shows what this browser keeps, with or without a network, and asks when there is one
   whether each certificate still counts. */
(function () {
  "use strict";

  const root = document.getElementById("wallet");
  const words = root.dataset;
  const language = document.documentElement.lang === "en" ? "en" : "vi";
  const part = (name, within = root) => within.querySelector(`[data-${name}]`);
  const said = part("said");
  const unchecked = new Set(); // ids that could not be asked about at this visit

  const addressOf = (id) => words.copies.replace(words.any, id);
  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
  const madeFrom = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

  /* Days and moments in Viet Nam, as the pages write them. */
  function inVietnam(time) {
    const parts = new Intl.DateTimeFormat("en-GB", {
      timeZone: "Asia/Ho_Chi_Minh", year: "numeric", hour: "2-digit", minute: "2-digit", day: "2-digit",
      month: language === "en" ? "long" : "2-digit", hourCycle: "h23",
    }).formatToParts(new Date(time));
    return Object.fromEntries(parts.map((each) => [each.type, each.value]));
  }
  function dayOf(time) {
    const { day, month, year } = inVietnam(time);
    return language === "en" ? `${Number(day)}\u00a0${month}\u00a0${year}` : `${day}/${month}/${year}`;
  }
  function momentOf(time) {
    const { hour, minute } = inVietnam(time);
    return `${dayOf(time)}, ${hour}:${minute}`;
  }

  function codeDrawing(code, label) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", `0 0 ${code.side} ${code.side}`);
    svg.setAttribute("shape-rendering", "crispEdges");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", code.path);
    path.setAttribute("fill", "#000");
    svg.append(path);
    return svg;
  }

  /* Why a record no longer counts; "" while it does. */
  function endOf(record) {
    if (record.ended) return filled(words[record.ended.status] || words.revoked, { moment: momentOf(record.ended.at) });
    if (new Date(record.copy.expires_at) <= new Date()) return filled(words.expired, { day: record.copy.expires[language] });
    return "";
  }

  function checkOf(record) {
    if (endOf(record)) return "";
    const sentence = unchecked.has(record.id) ? words.unchecked : words.checked;
    return filled(sentence, { moment: momentOf(record.checkedAt) });
  }

  function rows(fields, into) {
    for (const field of fields) {
      const [label, value] = [document.createElement("dt"), document.createElement("dd")];
      label.textContent = field.label[language];
      value.textContent = field.value[language];
      into.append(label, value);
    }
  }

  function card(record) {
    const { copy } = record;
    const made = madeFrom("wallet-card");
    const dose = filled(words.dose, { number: copy.number });
    const ended = endOf(record);
    made.dataset.id = record.id;
    part("name", made).textContent = copy.name;
    part("dose", made).textContent = dose;
    rows(copy.fields, part("fields", made));
    part("updated", made).hidden = !record.updated || Boolean(ended);
    part("check", made).textContent = checkOf(record);
    part("valid", made).textContent = ended ? "" : filled(words.valid, { day: copy.expires[language] });
    part("ended", made).hidden = !ended;
    part("why", made).textContent = ended;
    made.classList.toggle("wcard--ended", Boolean(ended));
    const qr = part("enlarge", made);
    if (ended || !copy.code) {
      qr.remove();
    } else {
      const label = filled(words.codeOf, { number: copy.number, name: copy.name });
      qr.prepend(codeDrawing(copy.code, label));
      qr.addEventListener("click", () => enlarge(record, dose, label));
    }
    part("remove", made).addEventListener("click", () => remove(record));
    return made;
  }

  const large = document.getElementById("wallet-large");
  let lock = null;
  function enlarge({ copy }, dose, label) {
    part("code", large).replaceChildren(codeDrawing(copy.code, label));
    part("name", large).textContent = copy.name;
    part("detail", large).textContent = `${dose} · ${copy.fields[0].value[language]}`;
    large.showModal();
    if (navigator.wakeLock) {
      navigator.wakeLock.request("screen").then(
        (held) => {
          lock = held;
          if (!large.open) release();
        },
        () => undefined,
      );
    }
  }
  function release() {
    if (lock) lock.release();
    lock = null;
  }
  large.addEventListener("close", release);
  part("close", large).addEventListener("click", () => large.close());
  part("code", large).addEventListener("click", () => large.close());

  async function remove(record) {
    await VaxWallet.remove(record.id);
    await show(words.removed);
    await offerMore();
  }

  part("clear").addEventListener("click", async () => {
    await VaxWallet.clear();
    await show(words.cleared);
    await offerMore();
  });

  /* Draw what is kept. Focus goes to what is said when something was done. */
  async function show(sentence) {
    const records = await VaxWallet.all();
    part("cards").replaceChildren(...records.map(card));
    part("none").hidden = records.length > 0;
    part("all").hidden = records.length < 2;
    part("all").open = false;
    part("offline").hidden = navigator.onLine;
    if (sentence === undefined) return;
    said.textContent = sentence;
    said.tabIndex = -1;
    said.focus();
  }

  /* Ask about each. A card that stays is not drawn anew: somebody may be using it. */
  async function check() {
    let changed = false;
    for (const record of await VaxWallet.all()) {
      const now = await VaxWallet.refresh(record, addressOf);
      if (now.checkedAt === record.checkedAt) unchecked.add(record.id);
      else unchecked.delete(record.id);
      const drawn = root.querySelector(`[data-id="${now.id}"]`);
      if (drawn && endOf(now) === endOf(record)) part("check", drawn).textContent = checkOf(now);
      else changed = true;
    }
    if (changed) await show();
  }

  function choice(certificate) {
    const made = madeFrom("wallet-choice");
    const dose = filled(words.dose, { number: certificate.number });
    part("name", made).textContent = certificate.name;
    part("detail", made).textContent = `${dose} · ${certificate.product} · ${certificate.given[language]}`;
    part("of", made).textContent = ` ${dose}, ${certificate.name}`;
    part("keep", made).addEventListener("click", async () => {
      const done = await VaxWallet.keep(addressOf(certificate.id)).catch(() => false);
      await show(done ? words.kept : words.failed);
      await offerMore();
    });
    return made;
  }

  /* What the household could keep besides, if somebody of it is signed in. */
  async function offerMore() {
    const asked = { credentials: "same-origin", cache: "no-store" };
    const response = navigator.onLine ? await fetch(words.household, asked).catch(() => null) : null;
    const answer = response && response.ok && !response.redirected ? await response.json() : { certificates: [] };
    const kept = new Set((await VaxWallet.all()).map((record) => record.id));
    const more = answer.certificates.filter((certificate) => !kept.has(certificate.id));
    part("list").replaceChildren(...more.map(choice));
    part("more").hidden = more.length === 0;
    part("signed-out").hidden = !response || response.status !== 401;
  }

  async function start() {
    root.hidden = false;
    try {
      for (const record of await VaxWallet.all()) unchecked.add(record.id);
      await show();
    } catch (error) {
      part("broken").hidden = false;
      return;
    }
    await check();
    await offerMore();
  }

  window.addEventListener("online", () => {
    part("offline").hidden = true;
    check().then(offerMore);
  });
  window.addEventListener("offline", () => {
    part("offline").hidden = false;
  });
  start();
})();

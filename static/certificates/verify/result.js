/* The verdict on the screen, built from the page's templates; text is only ever set as text. */

import { areStale, isClockBehind } from "./lists.js";

export class Result {
  constructor(place, words, format) {
    this.place = place;
    this.words = words;
    this.format = format;
  }

  clear() {
    this.place.replaceChildren();
  }

  /** Show `{reason, certificate}` as of `now` (seconds), judged by `lists`. */
  show({ reason, certificate }, lists, now) {
    const isValid = reason === "ok";
    const { why, advice, checks } = this.words.reasons[reason];
    const shown = this.fill(isValid ? "verdict-ok" : "verdict-no", { why, advice });
    if (isClockBehind(lists, now)) shown.append(this.fill("warning", { text: this.words.texts.clock }));
    else if (areStale(lists, now)) shown.append(this.fill("warning", { text: filled(this.words.texts.stale, this.dates(lists)) }));
    if (isValid) shown.append(this.summary(this.rows(certificate)));
    else shown.append(this.checks(checks), this.fill("nothing-shown", {}));
    shown.append(this.fill("foot", { checked: this.checkedText(lists, now), reason: isValid ? "" : reason }));
    this.place.replaceChildren(shown);
  }

  /** A copy of a template with its named places filled; an empty one is taken out. */
  fill(name, texts) {
    const copy = document.getElementById(name).content.cloneNode(true);
    for (const [field, text] of Object.entries(texts)) {
      const place = copy.querySelector(`[data-${field}]`);
      if (text) (place.querySelector("[data-value]") || place).textContent = text;
      else place.remove();
    }
    return copy;
  }

  summary(rows) {
    const list = document.createElement("dl");
    list.className = "sum";
    list.append(...rows.map(([label, value]) => this.fill("row", { label, value })));
    return list;
  }

  checks(checks) {
    const list = document.createElement("ul");
    list.className = "checks";
    list.append(...checks.map(({ text, finding, result }) => this.fill(`check-${result}`, { text, finding })));
    return list;
  }

  /** What to compare, and what it certifies. */
  rows(certificate) {
    const { rows, doses, products } = this.words;
    const { entry } = certificate;
    const own = [
      [rows.name, certificate.name],
      [rows.born, this.format.partialDate(certificate.date_of_birth)],
    ];
    const until = [rows.until, this.format.day(certificate.expires)];
    if (certificate.kind !== "vaccination") return [...own, [rows.kind, rows[certificate.kind]], until];
    const numbers = { number: entry.dn, series: entry.sd };
    return [
      ...own,
      [rows.dose, filled(doses, numbers)],
      [rows.product, products[entry.mp] || entry.mp],
      [rows.day, this.format.partialDate(entry.dt)],
      until,
    ];
  }

  checkedText(lists, now) {
    const { format } = this;
    const when = { clock: format.clock(now, true), day: format.day(now) };
    return filled(this.words.texts.checked, { ...when, ...this.dates(lists) });
  }

  /** Of when the lists are, to be filled into a text. */
  dates({ keysAt, revocations }) {
    return { keys: this.format.moment(keysAt), revocations: this.format.moment(revocations.madeAt) };
  }
}

/** `pattern` with its {names} replaced. */
export function filled(pattern, values) {
  return pattern.replace(/\{(\w+)\}/g, (_whole, name) => values[name]);
}

/* Days and times as vaxplatform/formatting.py writes them, in Viet Nam's time. */

const NBSP = "\u00a0";
const MONTHS = [
  "January", "February", "March", "April", "May", "June",
  "July", "August", "September", "October", "November", "December",
];

export class Format {
  constructor(language, timeZone) {
    this.english = language.startsWith("en");
    this.parts = new Intl.DateTimeFormat("en-GB", {
      timeZone, year: "numeric", month: "2-digit", day: "2-digit",
      hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
    });
  }

  local(seconds) {
    const found = this.parts.formatToParts(new Date(seconds * 1000));
    return Object.fromEntries(found.map(({ type, value }) => [type, value]));
  }

  /** 06/11/2021, or 6 November 2021. */
  day(seconds) {
    const { year, month, day } = this.local(seconds);
    return this.date(year, month, day);
  }

  date(year, month, day) {
    if (this.english) return `${Number(day)}${NBSP}${MONTHS[month - 1]}${NBSP}${year}`;
    return `${day}/${month}/${year}`;
  }

  clock(seconds, withSeconds = false) {
    const { hour, minute, second } = this.local(seconds);
    return withSeconds ? `${hour}:${minute}:${second}` : `${hour}:${minute}`;
  }

  moment(seconds) {
    return `${this.day(seconds)}, ${this.clock(seconds)}`;
  }

  /** A date of which only the year may be known: 1954, 1954-03 or 1954-03-27. */
  partialDate(text) {
    if (!text) return "–";
    const parts = text.split("-");
    if (parts.length === 3) return this.date(...parts);
    if (parts.length === 2 && this.english && MONTHS[parts[1] - 1]) return `${MONTHS[parts[1] - 1]}${NBSP}${parts[0]}`;
    return parts.reverse().join("/");
  }
}

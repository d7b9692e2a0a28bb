/* Whether a health content has the fields of the certificate schema (1.3.0 to 1.3.3): the same
   rules as certificates/hcert/data/schema.json, over what cbor.js reads. */

import { Float } from "./cbor.js";

export const KINDS = new Map([["v", "vaccination"], ["t", "test"], ["r", "recovery"]]);

const isText = (value) => typeof value === "string";
const short = (value) => isText(value) && [...value].length <= 80;
const spelled = (value) => short(value) && /^[A-Z<]*$/.test(value);
const country = (value) => isText(value) && /^[A-Z]{1,10}$/.test(value);
const count = (value) => {
  const number = value instanceof Float ? value.value : value; // BigInt: more than a count may be
  return Number.isSafeInteger(number) && number >= 1;
};
const identifier = (value) => short(value) && isPlain(value);

/** Whether `text` is free of control characters. */
export function isPlain(text) {
  return !/[\x00-\x1f\x7f-\x9f]/.test(text);
}

/** Whether `text` is a date of the calendar, YYYY-MM-DD. */
function day(text) {
  const parts = isText(text) && /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!parts) return false;
  const [year, month, date] = parts.slice(1).map(Number);
  const lastOfMonth = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return year >= 1 && date >= 1 && date <= lastOfMonth;
}

function isLeap(year) {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

const MOMENT = /^([0-9]{4}-[0-9]{2}-[0-9]{2})T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)$/;
const moment = (text) => {
  const parts = isText(text) && MOMENT.exec(text);
  return Boolean(parts) && day(parts[1]);
};

/* Of each field its rule; those after a "?" may be missing. */
const CODES = { tg: isText, co: country, is: short, ci: identifier };
const ENTRIES = {
  v: { ...CODES, vp: isText, mp: isText, ma: isText, dn: count, sd: count, dt: day },
  t: { ...CODES, tt: isText, "nm?": short, "ma?": isText, sc: moment, tr: isText, "tc?": short },
  r: { ...CODES, fr: day, df: day, du: day },
};
const NAME = { "fn?": short, "gn?": short, "fnt?": spelled, "gnt?": spelled };
const CONTENT = {
  ver: (value) => isText(value) && /^[0-9]+\.[0-9]+\.[0-9]+$/.test(value),
  dob: (value) => isText(value) && /^((19|20)[0-9]{2}(-[0-9]{2}){0,2})?$/.test(value),
  nam: (value) => fits(value, NAME) && (value.has("fnt") || value.has("gnt")),
};

function fits(value, rules) {
  return (
    value instanceof Map &&
    Object.entries(rules).every(([field, rule]) => {
      const name = field.replace("?", "");
      return value.has(name) ? rule(value.get(name)) : field.endsWith("?");
    })
  );
}

/** Whether `content` satisfies the schema; that it has one entry is asked apart. */
export function isValid(content) {
  return (
    fits(content, CONTENT) &&
    Object.entries(ENTRIES).every(([kind, rules]) => {
      const entries = content.get(kind);
      return !content.has(kind) || (Array.isArray(entries) && entries.every((entry) => fits(entry, rules)));
    })
  );
}

/** Whether there is exactly one group (v, t or r) with exactly one entry. */
export function hasSingleEntry(content) {
  if (!(content instanceof Map)) return false;
  const groups = [...KINDS.keys()].filter((kind) => content.has(kind)).map((kind) => content.get(kind));
  return groups.length === 1 && Array.isArray(groups[0]) && groups[0].length === 1;
}

export const ENTRY_FIELDS = Object.fromEntries(
  Object.entries(ENTRIES).map(([kind, rules]) => [kind, Object.keys(rules).map((name) => name.replace("?", ""))]),
);

/* WHO's core data set for vaccination (DDCC:VS) as the health content that it stands for: the same
   rules as certificates/hcert/ddcc.py. What the fields hold is judged by schema.js. */

export const SUBCLAIM = 3;
const ALPHA_2 = new Map([["VNM", "VN"]]);

/** The health content of a core data set, or null where it has not its shape. */
export function healthContent(given) {
  const value = Array.isArray(given) && given.length === 1 ? given[0] : given;
  const at = (...path) => path.reduce((inner, name) => (inner instanceof Map ? inner.get(name) : undefined), value);
  const dose = at("vaccination", "dose");
  const total = at("vaccination", "totalDoses");
  const country = at("vaccination", "country", "code");
  const date = at("vaccination", "date");
  const entry = {
    tg: at("vaccination", "disease", "code"),
    vp: at("vaccination", "vaccine", "code"),
    mp: at("vaccination", "brand", "code"),
    ma: at("vaccination", at("vaccination", "maholder") === undefined ? "manufacturer" : "maholder", "code"),
    dn: dose,
    sd: total === undefined ? dose : total,
    dt: typeof date === "string" ? date.slice(0, 10) : undefined,
    co: ALPHA_2.get(country) || country,
    is: at("certificate", "issuer", "identifier", "value"),
    ci: at("certificate", "hcid", "value"),
  };
  const name = at("name");
  const person = { name: typeof name === "string" ? name : undefined, born: at("birthDate") };
  if ([...Object.values(entry), ...Object.values(person)].includes(undefined)) return null;
  return new Map([
    ["ver", "1.3.0"],
    ["dob", person.born],
    ["nam", new Map([["fn", person.name], ["fnt", ""]])],
    ["v", [new Map(Object.entries(entry))]],
  ]);
}

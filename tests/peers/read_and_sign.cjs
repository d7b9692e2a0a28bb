// Reads certificates and signs some, by @pathcheck/dcc-sdk. In and out as JSON.
// In: known {kid: certificate in base64}, read [text], sign [{content, months, certificate, key}].
const { readFileSync } = require("node:fs");
const sdk = require("@pathcheck/dcc-sdk");

async function read(text) {
  const told = await sdk.unpackAndVerify(text);
  const content = told.status === "verified" ? await sdk.parseCWT(told.contents) : null;
  return { status: told.status, content };
}

async function sign({ content, months, certificate, key }) {
  return sdk.signAndPack(await sdk.makeCWT(content, months, "XX"), certificate, key);
}

async function main() {
  console.log = console.error; // the package reports there what it cannot read
  const given = JSON.parse(readFileSync(0, "utf8"));
  sdk.addCachedCerts(given.known);
  const answer = { read: [], signed: [] };
  for (const text of given.read) answer.read.push(await read(text));
  for (const each of given.sign) answer.signed.push(await sign(each));
  process.stdout.write(JSON.stringify(answer));
}

main();

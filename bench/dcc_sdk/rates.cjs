// Signs and verifies for a while each, and says how often a second of CPU. In and out as JSON.
const { readFileSync } = require("node:fs");
const sdk = require("@pathcheck/dcc-sdk");

async function rate(work, seconds) {
  await turn(work, seconds / 2); // until the compiler knows the code
  return turn(work, seconds);
}

async function turn(work, seconds) {
  const began = cpuSeconds();
  let count = 0;
  while (cpuSeconds() - began < seconds) {
    await work();
    count += 1;
  }
  return count / (cpuSeconds() - began);
}

function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function main() {
  const given = JSON.parse(readFileSync(0, "utf8"));
  sdk.addCachedCerts({ [given.kid]: given.der });
  const sign = async () =>
    sdk.signAndPack(await sdk.makeCWT(given.payload, 12, "VN"), given.certificate, given.key);
  const read = await sdk.unpackAndVerify(given.text);
  process.stdout.write(
    JSON.stringify({
      sign: await rate(sign, given.seconds),
      verify: await rate(() => sdk.unpackAndVerify(given.text), given.seconds),
      text: await sign(),
      status: read.status,
      content: await sdk.parseCWT(read.contents),
    }),
  );
}

main();

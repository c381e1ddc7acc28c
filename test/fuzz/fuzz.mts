// `npm run test:fuzz`: what must hold for any input, tried with as many as there is time for. `--seconds N` for another time
// than 20, `--seed N` to try those of an earlier run again.
import { InstrumentedPackage } from "../sanitizers/instrumented-package.mts";
import { seconds, seed, tryClaims } from "./claims.mts";
import { credentialsClaims } from "./credentials.mts";
import { decoderClaims } from "./decoders.mts";

console.log(`--seconds ${seconds} --seed ${seed}`);
tryClaims({ ...decoderClaims, ...credentialsClaims }, 0.6);

const instrumented = new InstrumentedPackage();
instrumented.proveDetectors();
const passed = instrumented.run(
  ["--import", "tsx", "test/fuzz/native.mts", "--seconds", String(seconds), "--seed", String(seed)],
  { SOCKINFO_FUZZ_BINARY: instrumented.binary },
);
const findings = instrumented.takeReports().filter(({ kind }) => /error|ours/.test(kind));
console.log(`${passed && findings.length === 0 ? "ok  " : "FAIL"} nothing wrong in memory, and no leak`);
for (const { kind, text } of findings) console.log(`\n${kind}: ${text}`);
if (!passed || findings.length > 0) process.exitCode = 1;

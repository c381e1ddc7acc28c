// `npm run test:fuzz`: checks properties of the decoders and the native functions with as many inputs as the time
// allows. `-- --seconds N` sets the time (default: 20), `-- --seed N` repeats the inputs of an earlier run.
import { InstrumentedPackage } from "../sanitizers/instrumented-package.mts";
import { seconds, seed, tryClaims } from "./claims.mts";
import { credentialsClaims } from "./credentials.mts";
import { decoderClaims } from "./decoders.mts";
import { diagnosisClaims } from "./diagnosis.mts";

console.log(`--seconds ${seconds} --seed ${seed}`);
tryClaims({ ...decoderClaims, ...credentialsClaims, ...diagnosisClaims }, 0.6);

const instrumented = new InstrumentedPackage();
instrumented.proveDetectors();
const passed = instrumented.run(
  ["--import", "tsx", "test/fuzz/native.mts", "--seconds", String(seconds), "--seed", String(seed)],
  { SOCKINFO_FUZZ_BINARY: instrumented.binary },
);
const findings = instrumented.takeReports().filter(({ kind }) => /error|ours/.test(kind));
console.log(`${passed && findings.length === 0 ? "ok  " : "FAIL"} no memory error and no leak`);
for (const { kind, text } of findings) console.log(`\n${kind}: ${text}`);
if (!passed || findings.length > 0) process.exitCode = 1;

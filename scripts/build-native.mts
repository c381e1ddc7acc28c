// `npm run build:native`: builds the native module for this machine into prebuilds/, where the package loads it from.
import { buildFor } from "./prebuilds/build.mts";
import { missingBuildTools } from "./prebuilds/build-tools.mts";

const missing = missingBuildTools();
if (missing === undefined) {
  buildFor(process.arch);
} else {
  console.error(missing);
  process.exitCode = 1;
}

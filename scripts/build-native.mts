// `npm run build:native`: the native module for this machine into prebuilds/, the one place that the package loads it from.
import { buildFor } from "./prebuilds/build.mts";
import { missingBuildTools } from "./prebuilds/build-tools.mts";

const missing = missingBuildTools();
if (missing === undefined) {
  buildFor(process.arch);
} else {
  console.error(missing);
  process.exitCode = 1;
}

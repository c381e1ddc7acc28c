// `npm run build:native`: the native module for this machine into prebuilds/, the one place that the package loads it from.
import { buildFor } from "./prebuilds/build.mts";

buildFor(process.arch);

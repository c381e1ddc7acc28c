// Replaces test/helpers/core.ts, which would load the package of this machine.
import { createRequire } from "node:module";
import { join } from "node:path";
import { cache } from "./sdk.mts";

export const core = createRequire(import.meta.url)(
  join(cache, "package", "dist", "core.js"),
) as typeof import("../../src/core");

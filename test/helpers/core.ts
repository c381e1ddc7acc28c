// The internal names of dist/core.js, for tests of what has no public name.
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "./docs";

export const core = createRequire(import.meta.url)(join(root, "dist", "core.js")) as typeof import("../../src/core");

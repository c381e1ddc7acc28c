// The internal names of dist/core.js, for tests of what has no public name.
import { join } from "node:path";
import { root } from "./docs";

export const core = require(join(root, "dist", "core.js")) as typeof import("../../src/core");

// runner.test.cjs as an ES module.
import * as sockinfo from "sockinfo";
import * as connections from "sockinfo/connections";
import * as hijack from "sockinfo/hijack";
import * as unix from "sockinfo/unix";
import { checks } from "./checks.cjs";

const { it = (await import("node:test")).it } = /** @type {any} */ (globalThis);
for (const [name, check] of Object.entries(checks)) it(name, () => check({ sockinfo, connections, hijack, unix }));

// A user's test file in CommonJS, for Jest, Vitest, Mocha and node:test, which has no globals.
const sockinfo = require("sockinfo");
const connections = require("sockinfo/connections");
const hijack = require("sockinfo/hijack");
const unix = require("sockinfo/unix");
const { checks } = require("./checks.cjs");

const { it = require("node:test").it } = /** @type {any} */ (globalThis);
for (const [name, check] of Object.entries(checks)) it(name, () => check({ sockinfo, connections, hijack, unix }));

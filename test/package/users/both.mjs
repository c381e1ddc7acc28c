// Takes the package in both ways: there must be one instance, and so one class of errors.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import * as imported from "sockinfo";
import { getTcpInfo, SocketInfoError } from "sockinfo";

const required = createRequire(import.meta.url)("sockinfo");
const byImport = new Map(Object.entries(imported));
assert.ok(byImport.has("getTcpInfo") && byImport.has("SocketInfoError"));
for (const [name, value] of Object.entries(required)) assert.equal(byImport.get(name), value);
assert.throws(() => required.getTcpInfo(), SocketInfoError);
assert.throws(() => getTcpInfo(/** @type {any} */ (undefined)), required.SocketInfoError);
console.log("one instance");

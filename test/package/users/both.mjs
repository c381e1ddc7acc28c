// Loads the package and its subpaths by import and by require. Each must have one instance, and all one error class.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import * as core from "sockinfo";
import { getTcpInfo, SocketInfoError } from "sockinfo";
import * as connections from "sockinfo/connections";
import { getListenerInfo } from "sockinfo/connections";
import * as hijack from "sockinfo/hijack";
import { enableHijack } from "sockinfo/hijack";
import * as unix from "sockinfo/unix";
import { describePeer } from "sockinfo/unix";

const requireHere = createRequire(import.meta.url);
const required = {
  core: requireHere("sockinfo"),
  connections: requireHere("sockinfo/connections"),
  hijack: requireHere("sockinfo/hijack"),
  unix: requireHere("sockinfo/unix"),
};
assertSame(core, required.core);
assertSame(connections, required.connections);
assertSame(hijack, required.hijack);
assertSame(unix, required.unix);

const calls = [getTcpInfo, required.core.getTcpInfo];
calls.push(getListenerInfo, required.connections.getListenerInfo);
calls.push(enableHijack, required.hijack.enableHijack);
calls.push(describePeer, required.unix.describePeer);
for (const OneClass of [SocketInfoError, required.core.SocketInfoError])
  for (const call of calls) assert.throws(() => call(/** @type {any} */ (undefined)), OneClass);
console.log("one instance");

/** @param {object} imported @param {object} exports */
function assertSame(imported, exports) {
  const byImport = new Map(Object.entries(imported));
  const names = Object.keys(exports);
  assert.ok(names.length > 0);
  for (const name of names) assert.equal(byImport.get(name), /** @type {any} */ (exports)[name], name);
}

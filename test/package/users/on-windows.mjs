// sockinfo does not support Windows. Importing works there, and every call throws the error that says so.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import * as sockinfo from "sockinfo";
import { getConnection, trackConnections } from "sockinfo/connections";
import "sockinfo/hijack";
import { allowPeers, listenUnix } from "sockinfo/unix";

const UNSUPPORTED = { name: "SocketInfoError", code: "ERR_SOCKINFO_UNSUPPORTED_PLATFORM" };

assert.equal(process.platform, "win32");
assert.equal(sockinfo.isSupported(), false);
assert.equal(sockinfo.getUnsupportedReason()?.code, UNSUPPORTED.code);

const server = http.createServer((req, res) => {
  assert.throws(() => sockinfo.getTcpInfo(req), UNSUPPORTED);
  assert.throws(() => sockinfo.getPeerCredentials(req), UNSUPPORTED);
  assert.equal(sockinfo.tryGetTcpInfo(req), undefined);
  assert.equal(sockinfo.tryGetPeerCredentials(req), undefined);
  res.end(getConnection(req).state);
});
trackConnections(server);
assert.throws(() => allowPeers(http.createServer(), { uids: [0] }), UNSUPPORTED);
await assert.rejects(async () => listenUnix(http.createServer(), "sockinfo.sock"), UNSUPPORTED);

server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
const response = await fetch(`http://127.0.0.1:${port}/`);
assert.equal(await response.text(), "active");
server.closeAllConnections();
server.close();
console.log("works");

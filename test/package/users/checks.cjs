// What users' code does with the installed package. Copied into projects and called by the scripts and tests beside it.
const assert = require("node:assert/strict");
const http = require("node:http");

/** @typedef {typeof import("sockinfo")} Sockinfo */
/** @typedef {typeof import("sockinfo/connections")} Connections */

/** @type {Record<string, (sockinfo: Sockinfo, connections: Connections) => Promise<void>>} */
exports.checks = {
  async "reads the connection in a handler"({ getTcpInfo }) {
    /** @type {import("sockinfo").TcpInfo} */
    const info = await new Promise((resolve, reject) => {
      const server = http.createServer((request, response) => {
        try {
          resolve(getTcpInfo(request));
        } catch (error) {
          reject(error);
        }
        response.end();
        server.close();
      });
      server.listen(0, "127.0.0.1", () => {
        const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
        http.get({ port, host: "127.0.0.1", agent: false });
      });
    });
    assert.equal(info.platform, process.platform);
    assert.equal(info.state, "ESTABLISHED");
    assert.ok(Number(info.bytesReceived) > 0 && Number(info.sndMssBytes) > 0);
  },

  async "throws its own errors"({ getTcpInfo, SocketInfoError, tryGetTcpInfo }) {
    assert.throws(
      () => getTcpInfo(/** @type {any} */ (undefined)),
      (error) => error instanceof SocketInfoError && error.code === "ERR_SOCKINFO_INVALID_ARGUMENT",
    );
    assert.equal(tryGetTcpInfo(/** @type {any} */ ({})), undefined);
  },

  async "shares the class of errors and the native module with its subpath"({ SocketInfoError }, connections) {
    const server = http.createServer();
    assert.throws(() => connections.getListenerInfo(server), SocketInfoError);
    await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
    const info = connections.tryGetListenerInfo(server);
    server.close();
    assert.equal(info?.acceptQueueLength, process.platform === "linux" ? 0 : undefined);
  },

  async "decodes bytes of this and of another realm"({ decodeTcpInfo }) {
    for (const bytes of [Uint8Array.of(1), Buffer.of(1)])
      assert.equal(decodeTcpInfo(bytes, "linux").state, "ESTABLISHED");
  },
};

/** Prints "works" when all checks pass. @param {Sockinfo} sockinfo @param {Connections} connections */
exports.report = async (sockinfo, connections) => {
  for (const check of Object.values(exports.checks)) await check(sockinfo, connections);
  console.log("works");
};

// Uses the installed package as users do. The scripts and tests of this folder call it.
const assert = require("node:assert/strict");
const { lstatSync, mkdtempSync, rmdirSync } = require("node:fs");
const http = require("node:http");
const net = require("node:net");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

/**
 * @typedef {object} Installed
 * @property {typeof import("sockinfo")} sockinfo
 * @property {typeof import("sockinfo/connections")} connections
 * @property {typeof import("sockinfo/hijack")} hijack
 * @property {typeof import("sockinfo/unix")} unix
 */

/** @type {Record<string, (installed: Installed) => Promise<void>>} */
exports.checks = {
  async "reads the connection in a handler"({ sockinfo: { getTcpInfo } }) {
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

  async "throws its own errors"({ sockinfo: { getTcpInfo, SocketInfoError, tryGetTcpInfo } }) {
    assert.throws(
      () => getTcpInfo(/** @type {any} */ (undefined)),
      (error) => error instanceof SocketInfoError && error.code === "ERR_SOCKINFO_INVALID_ARGUMENT",
    );
    assert.equal(tryGetTcpInfo(/** @type {any} */ ({})), undefined);
  },

  async "shares the class of errors and the native module with its subpaths"({ sockinfo, connections, hijack, unix }) {
    const server = http.createServer();
    assert.throws(() => connections.getListenerInfo(server), sockinfo.SocketInfoError);
    assert.throws(() => hijack.enableHijack(/** @type {any} */ ({})), sockinfo.SocketInfoError);
    assert.throws(() => unix.allowPeers(/** @type {any} */ ({}), {}), sockinfo.SocketInfoError);
    await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
    const info = connections.tryGetListenerInfo(server);
    server.close();
    assert.equal(info?.acceptQueueLength, process.platform === "linux" ? 0 : undefined);
  },

  async "takes a connection from its server, and gives it back"({ hijack: { enableHijack, hijack, release } }) {
    const server = http.createServer(async (request, response) => {
      if (request.url === "/answered") return response.end("by the server");
      const { socket, head } = await hijack(request, response);
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nby hand\n");
      return release(socket, new Uint8Array(head));
    });
    enableHijack(server);
    await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
    const { port } = /** @type {net.AddressInfo} */ (server.address());
    const client = net.connect(port, "127.0.0.1").setEncoding("latin1");
    client.write(
      "GET /taken HTTP/1.1\r\nHost: a\r\n\r\nGET /answered HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    );
    let text = "";
    for await (const part of client) text += part;
    server.close();
    assert.match(
      text,
      /^HTTP\/1\.1 200 OK\r\nContent-Length: 8\r\n\r\nby hand\nHTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nby the server$/,
    );
  },

  async "listens on a Unix socket, and lets its own user in only"({
    sockinfo,
    unix: { allowPeers, describePeer, listenUnix },
  }) {
    const folder = mkdtempSync(join(tmpdir(), "sockinfo-user-"));
    const path = join(folder, "socket");
    const server = http.createServer((request, response) => response.end(describePeer(request)));
    const uid = Number(process.geteuid?.());
    // The user "nobody" runs some of these projects.
    allowPeers(server, { uids: [uid], allowOverflowIds: uid === 65_534 });
    await listenUnix(server, path);
    assert.equal(lstatSync(path).mode & 0o777, 0o600);
    await assert.rejects(listenUnix(http.createServer(), path), sockinfo.SocketInfoError);
    const text = await new Promise((resolve) => {
      http.get({ socketPath: path, agent: false }, async (response) => {
        for await (const part of response.setEncoding("utf8")) resolve(part);
      });
    });
    server.close();
    assert.equal(text, `unix:uid=${uid},pid=${process.pid}`);
    // rmdir throws if the folder is not empty.
    rmdirSync(folder);
  },

  async "decodes bytes of this and of another realm"({ sockinfo: { decodeTcpInfo } }) {
    for (const bytes of [Uint8Array.of(1), Buffer.of(1)])
      assert.equal(decodeTcpInfo(bytes, "linux").state, "ESTABLISHED");
  },
};

/** Prints "works" when all checks pass. @param {Installed} installed */
exports.report = async (installed) => {
  for (const check of Object.values(exports.checks)) await check(installed);
  console.log("works");
};

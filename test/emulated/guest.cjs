// Uses the package in the Node of another processor, under qemu-user.
const assert = require("node:assert/strict");
const { once } = require("node:events");
const { mkdtempSync, rmSync } = require("node:fs");
const http = require("node:http");
const net = require("node:net");
const { endianness, tmpdir } = require("node:os");
const { join } = require("node:path");
const { getPeerCredentials, getTcpInfo, getTcpInfoBytes, isSupported, tryGetTcpInfo } = require("../../dist/index.js");

const [arch, order] = process.argv.slice(2);

/** @param {import("node:net").ListenOptions} address */
async function connectPair(address) {
  const server = net.createServer().listen(address);
  await once(server, "listening");
  const client = net.connect(/** @type {net.NetConnectOpts} */ (address.path ? address : server.address()));
  const [[accepted]] = await Promise.all([once(server, "connection"), once(client, "connect")]);
  return { server, client, accepted };
}

/** @param {{ server: net.Server, client: net.Socket, accepted: net.Socket }} pair */
function close({ server, client, accepted }) {
  client.destroy();
  accepted.destroy();
  server.close();
}

/** qemu returns 4 of the struct's 280 bytes. Every field after them must be undefined. */
async function shortAnswer() {
  const pair = await connectPair({ host: "127.0.0.1", port: 0 });
  assert.equal(getTcpInfoBytes(pair.accepted).length, 4, "this qemu knows more of TCP_INFO than one int");
  for (const socket of [pair.accepted, pair.client]) {
    const info = getTcpInfo(socket);
    assert.equal(info.platform, "linux");
    // For a big-endian guest qemu swaps the bytes of the int, so the state is the last one.
    assert.equal(info.state, order === "big" ? undefined : "ESTABLISHED");
    // Another system call, SO_PROTOCOL, returns this one. qemu supports it.
    assert.equal(info.isMptcp, false);
    const known = Object.entries(info).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    const inFourBytes = ["platform", "state", "caState", "consecutiveRtos", "unansweredProbes", "isMptcp"];
    assert.deepEqual(
      known.filter((name) => !inFourBytes.includes(name)),
      [],
    );
  }
  assert.throws(() => getPeerCredentials(pair.accepted), { code: "ERR_SOCKINFO_NOT_UNIX" });
  close(pair);
}

async function credentials() {
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-"));
  const pair = await connectPair({ path: join(folder, "socket") });
  const self = { uid: process.geteuid?.(), gid: process.getegid?.(), pid: process.pid };
  for (const socket of [pair.accepted, pair.client]) {
    const { uid, gid, pid } = getPeerCredentials(socket);
    assert.deepEqual({ uid, gid, pid }, self);
  }
  assert.throws(() => getTcpInfo(pair.accepted), { code: "ERR_SOCKINFO_NOT_TCP" });
  close(pair);
  rmSync(folder, { recursive: true });
}

async function handler() {
  const server = http.createServer((request, response) => response.end(tryGetTcpInfo(request)?.platform)).listen(0);
  await once(server, "listening");
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  const [response] = await once(http.get({ port, agent: false }), "response");
  const [text] = await once(response.setEncoding("utf8"), "data");
  assert.equal(text, "linux");
  server.close();
}

async function main() {
  assert.equal(process.arch, arch);
  assert.equal(endianness(), order === "big" ? "BE" : "LE");
  assert.equal(isSupported(), true);
  await shortAnswer();
  await credentials();
  await handler();
  console.log(`Node ${process.version}, ${order}-endian: loads, 4 bytes of TCP_INFO, peer credentials`);
}

void main();

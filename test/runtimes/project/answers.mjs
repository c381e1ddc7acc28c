// Runs on Bun and Deno. Prints the results of sockinfo as JSON: a state, credentials, or an error code.
import { readdirSync, rmSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import net from "node:net";
import { Worker } from "node:worker_threads";
import * as imported from "sockinfo";
import { getConnection, getListenerInfo, measureRequest, trackConnections } from "sockinfo/connections";
import { enableHijack, hijack, hijackClientRequest } from "sockinfo/hijack";
import { allowPeers, describePeer, listenUnix, requirePeer } from "sockinfo/unix";

const { decodeTcpInfo, getPeerCredentials, getTcpInfo, getUnsupportedReason, isSupported, tryGetTcpInfo } = imported;
const answers = {};

function answer(name, ask) {
  try {
    answers[name] = ask() ?? null;
  } catch (error) {
    answers[name] = error instanceof imported.SocketInfoError ? error.code : `not ours: ${error.message}`;
  }
}

const stateOf = (source) => () => getTcpInfo(source).state;

/** Whether the credentials are our own: both ends of all sockets here belong to this process. */
const ownerOf = (source) => () => {
  const { uid, pid } = getPeerCredentials(source);
  return uid === process.getuid() && pid === process.pid ? "own" : `uid ${uid}, process ${pid}`;
};

async function withPair(address, use) {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(address, resolve));
  const accepting = new Promise((resolve) => server.once("connection", resolve));
  const client = net.connect(address.path ? address : { host: address.host, port: server.address().port });
  await new Promise((resolve) => client.once("connect", resolve));
  const accepted = await accepting;
  use(accepted, client);
  for (const socket of [accepted, client]) {
    socket.destroy();
    answer(`${address.path ? "Unix" : "TCP"}, destroyed`, stateOf(socket));
  }
  server.close();
}

const required = createRequire(import.meta.url)("sockinfo");
answers["import and require"] = Object.keys(required).every((name) => required[name] === imported[name]);
answers["supported"] = isSupported();
answers["reason"] = getUnsupportedReason()?.code ?? null;
answer("decode", () => decodeTcpInfo(new Uint8Array([1]), "linux").state);
answer("undefined", stateOf(undefined));
answer("a file", stateOf(0));

const server = http.createServer((req, res) => {
  answer("HTTP request", stateOf(req));
  answer("HTTP response", stateOf(res));
  answer("HTTP request, try", () => tryGetTcpInfo(req)?.state);
  answer("HTTP request, credentials", ownerOf(req));
  answer("connection of a request", () => getConnection(req).state);
  measureRequest(req).then(
    ({ bytesReceived }) => (answers["cost of a request"] = typeof bytesReceived),
    (error) => {
      answer("cost of a request", () => {
        throw error;
      });
    },
  );
  hijack(req, res).catch((error) => {
    answer("hijack", () => {
      throw error;
    });
    res.end();
  });
});
const states = [];
answer("tracker", () => {
  trackConnections(server)
    .on("state", (connection, from, to) => states.push(to))
    .on("closed", ({ finalTcpInfo, finalTcpInfoError }) => {
      answers["final TCP_INFO"] = finalTcpInfo?.platform ?? finalTcpInfoError?.code;
    });
  return states;
});
answer("enable hijacking", () => enableHijack(server));
answer("allow peers", () => allowPeers(server, { uids: [0] }));
answer("require peer", () => requirePeer({ uids: [0] }) && "made");
await listenUnix(net.createServer(), `${process.cwd()}/own`).catch((error) => {
  answer("listen", () => {
    throw error;
  });
});
await new Promise((resolve) => server.listen({ host: "127.0.0.1", port: 0, backlog: 8 }, resolve));
answer("HTTP server, accept queue", () => getListenerInfo(server).acceptQueueLimit);
answer("HTTP server, descriptor", () => imported.getFd(server));
await new Promise((resolve) => {
  const request = http.get({ host: "127.0.0.1", port: server.address().port, agent: false }, (res) => {
    res.resume().on("end", resolve);
  });
  hijackClientRequest(request).catch((error) => {
    answer("client request, hijacked", () => {
      throw error;
    });
  });
});
server.close();

await withPair({ host: "127.0.0.1", port: 0 }, (accepted, client) => {
  answer("TCP, accepted", stateOf(accepted));
  answer("TCP, client", stateOf(client));
  answer("TCP, credentials", ownerOf(accepted));
  const found = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return getTcpInfo(Number(fd)).state;
    } catch (error) {
      return error.code;
    }
  });
  answers["TCP, by its descriptor"] = found.filter((state) => state === "ESTABLISHED").length >= 2;
});

const path = `${process.cwd()}/socket`;
await withPair({ path }, (accepted, client) => {
  answer("Unix, accepted", ownerOf(accepted));
  answer("Unix, client", ownerOf(client));
  answer("Unix, TCP_INFO", stateOf(accepted));
  answers["Unix, described"] = describePeer(accepted) === `unix:uid=${process.getuid()},pid=${process.pid}`;
});
rmSync(path, { force: true });

const onUnix = http.createServer((req, res) => {
  answer("HTTP request, Unix, credentials", ownerOf(req));
  res.end();
});
await new Promise((resolve) => onUnix.listen(path, resolve));
await new Promise((resolve) => {
  http.get({ socketPath: path, agent: false }, (res) => res.resume().on("end", resolve));
});
onUnix.close();
rmSync(path, { force: true });

const worker = new Worker(new URL("worker.cjs", import.meta.url));
answers["in a worker"] = await new Promise((resolve, reject) => {
  worker.once("message", resolve);
  worker.once("error", reject);
});
if (answers["tracker"] === states) answers["tracker"] = states.join(" ");
console.log(JSON.stringify(answers));
process.exit();

// Peers that must not pass by accident: those that the kernel does not name, those outside of a namespace, and
// processes that have changed their user.
import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { text } from "node:stream/consumers";
import { allowPeers, type PeerRule } from "sockinfo/unix";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { makePair } from "../../helpers/duplex-pair";
import { lacks } from "../../helpers/needs";
import { socketPath } from "../../helpers/servers";
import { asVisitor, openToAll, visit, VISITOR } from "../helpers/visitors";

/** Admits every peer that is not refused before `check` is called. */
const ANYBODY: PeerRule = { check: () => true };

function gated(rule: PeerRule = ANYBODY): { server: Server; reasons: string[] } {
  const server = createServer((socket) => socket.on("error", () => {}).end("welcome"));
  const reasons: string[] = [];
  allowPeers(server, rule).on("refused", ({ reason, peer, error }) => {
    reasons.push(reason);
    if (reason === "no-identity") expect([peer, error]).toEqual([undefined, expect.any(Error)]);
  });
  return { server, reasons };
}

/** Admits by ids alone, also by ids that an absent peer might be taken for. */
const IDS: PeerRule = {
  uids: [0, process.geteuid?.() ?? -1, 0xffff_fffe],
  gids: [0, process.getegid?.() ?? -1, 0xffff_fffe],
  groups: [0, process.getegid?.() ?? -1, 0xffff_fffe],
  allowOverflowIds: true,
  allowOtherPidNamespaces: true,
};

test.each<[string, string, PeerRule]>([
  ["127.0.0.1", "a check", ANYBODY],
  ["::1", "a check", ANYBODY],
  ["127.0.0.1", "ids", IDS],
  ["::1", "ids", IDS],
])("a peer over TCP, %s, under a rule with %s, is refused", async (host, _rule, rule) => {
  const { server, reasons } = gated(rule);
  await once(server.listen(0, host), "listening");
  onTestFinished(() => void server.close());
  const client = connect((server.address() as AddressInfo).port, host);
  client.on("error", () => {});
  expect(await text(client).catch(() => "")).toBe("");
  expect(reasons).toEqual(["no-identity"]);
});

test("a stream that was made in JavaScript is refused", () => {
  const { server, reasons } = gated();
  const [stream] = makePair();
  server.emit("connection", stream);
  expect(stream.destroyed).toBe(true);
  expect(reasons).toEqual(["no-identity"]);
});

test.each(["close", 403] as const)(
  "a stream that other code hands to a TLS server as if it were secured is refused: %s",
  (refuseWith) => {
    const server = https.createServer();
    const [handler, reasons] = [vi.fn(), [] as string[]];
    server.on("secureConnection", handler);
    allowPeers(server, ANYBODY, { refuseWith }).on("refused", ({ reason }) => reasons.push(reason));
    const [stream] = makePair();
    server.emit("secureConnection", stream);
    expect([stream.destroyed || stream.writableEnded, handler.mock.calls, reasons]).toEqual([
      true,
      [],
      ["no-identity"],
    ]);
  },
);

test.skipIf(lacks("root", "setpriv"))(
  "a peer whose process has ended before it is accepted is judged by the ids that it had",
  async () => {
    const { server, reasons } = gated({ uids: [0] });
    const path = await openToAll(server);
    const [file, ...parameters] = [...asVisitor, process.execPath, "-e"];
    const script = `require("net").connect(${JSON.stringify(path)}).on("connect", () => process.kill(process.pid, "SIGKILL"))`;
    const child = spawn(file, [...parameters, script], { cwd: "/" });
    await once(child, "exit");
    await visit(path, "", ["env"]);
    expect(reasons).toEqual(["ids"]);
  },
);

describe.skipIf(lacks("root", "setpriv"))("a process that has changed its user", () => {
  /** Runs a client that executes `before`, connects, and executes `after`. Returns what it receives. */
  async function received(rule: PeerRule, before: string, after: string): Promise<string> {
    const path = await openToAll(gated(rule).server);
    const script = `
      ${before}
      const socket = require("net").connect(${JSON.stringify(path)});
      socket.on("error", () => {}).on("connect", () => { ${after} }).pipe(process.stdout);`;
    return text(spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"], cwd: "/" }).stdout);
  }

  test("is judged by its user at connect(), not by a later one", async () => {
    expect(await received({ uids: [0] }, "", "process.setuid(1234)")).toBe("welcome");
    expect(await received({ uids: [1234] }, "", "process.setuid(1234)")).toBe("");
  });

  test("is not judged by its user before connect()", async () => {
    expect(await received({ uids: [0] }, "process.setuid(1234);", "")).toBe("");
  });

  test("is judged by its effective user, as of a setuid program, not by its real one", async () => {
    expect(await received({ uids: [0] }, "process.seteuid(1234);", "")).toBe("");
    expect(await received({ uids: [1234] }, "process.seteuid(1234);", "")).toBe("welcome");
  });
});

test.skipIf(lacks("root", "setpriv"))(
  "a socket that was passed to another process is judged by the process that called connect()",
  async () => {
    const server = http.createServer((_req, res) => res.end("welcome"));
    allowPeers(server, { uids: [0] });
    const path = await openToAll(server);
    // This process connects as root, and the visitor uses the connection.
    const socket = connect(path).pause();
    await once(socket, "connect");
    const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
    const script = `
    const socket = new (require("net").Socket)({ fd: 3 });
    socket.write("GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n");
    socket.pipe(process.stdout);`;
    const [file, ...parameters] = [...asVisitor, process.execPath, "-e", script];
    const child = spawn(file, parameters, { stdio: ["ignore", "pipe", "inherit", fd], cwd: "/" });
    expect(await text(child.stdout as NodeJS.ReadableStream)).toMatch(/welcome$/);
    socket.destroy();
  },
);

describe.skipIf(lacks("root", "setpriv", "unshare"))("a server in a namespace", () => {
  /**
   * Starts the server by `through`, which makes the namespace. Returns what a client outside receives, and the
   * refusal.
   */
  async function visitInside(through: string[], rule: string): Promise<{ received: string; refusal: string }> {
    const path = socketPath();
    const script = `
      const { allowPeers, listenUnix } = require(${JSON.stringify(require.resolve("sockinfo/unix"))});
      const server = require("net").createServer((socket) => socket.on("error", () => {}).end("welcome"));
      allowPeers(server, ${rule}).on("refused", ({ reason, description }) => console.log(reason, description));
      listenUnix(server, ${JSON.stringify(path)}, { mode: 0o666 }).then(() => console.log("up"));`;
    const [file, ...parameters] = [...through, process.execPath, "-e", script];
    const child = spawn(file, parameters, { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const lines = child.stdout.setEncoding("utf8")[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe("up\n");
    const { received } = await visit(path);
    const refusal = received === "" ? String((await lines.next()).value).trim() : "";
    return { received, refusal };
  }

  const PIDS = ["unshare", "--pid", "--fork", "--kill-child"];
  /** Only root has a mapping there. */
  const USERS = ["unshare", "--user", "--map-root-user"];

  test("of pids refuses a peer outside, which has no pid", async () => {
    expect(await visitInside(PIDS, `{ uids: [${VISITOR.uid}] }`)).toEqual({
      received: "",
      refusal: `other-pid-namespace unix:uid=${VISITOR.uid}`,
    });
  });

  test("of pids admits a peer outside with allowOtherPidNamespaces", async () => {
    const rule = `{ uids: [${VISITOR.uid}], allowOtherPidNamespaces: true }`;
    expect((await visitInside(PIDS, rule)).received).toBe("welcome");
  });

  test("of users refuses a peer without a mapping, which has the overflow id", async () => {
    const { received, refusal } = await visitInside(USERS, "{ check: () => true }");
    expect(received).toBe("");
    expect(refusal).toMatch(/^overflow-id unix:uid=65534,pid=\d+$/);
  });

  test("of users admits a peer without a mapping with allowOverflowIds", async () => {
    const rule = "{ uids: [65534], allowOverflowIds: true }";
    expect((await visitInside(USERS, rule)).received).toBe("welcome");
  });
});

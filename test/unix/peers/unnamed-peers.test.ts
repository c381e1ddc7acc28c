// Who must not pass by accident: whom the kernel does not name, who is outside of a namespace, and who is not who it was.
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

/** Everybody whom it does not refuse before it looks. */
const EVERYBODY: PeerRule = { check: () => true };

function gated(rule: PeerRule = EVERYBODY): { server: Server; reasons: string[] } {
  const server = createServer((socket) => socket.on("error", () => {}).end("welcome"));
  const reasons: string[] = [];
  allowPeers(server, rule).on("refused", ({ reason, peer, error }) => {
    reasons.push(reason);
    if (reason === "no-identity") expect([peer, error]).toEqual([undefined, expect.any(Error)]);
  });
  return { server, reasons };
}

/** Whose ids alone are enough, and whoever might be taken for nobody's id. */
const IDS: PeerRule = {
  uids: [0, process.geteuid?.() ?? -1, 0xffff_fffe],
  gids: [0, process.getegid?.() ?? -1, 0xffff_fffe],
  groups: [0, process.getegid?.() ?? -1, 0xffff_fffe],
  allowOverflowIds: true,
  allowOtherPidNamespaces: true,
};

test.each<[string, string, PeerRule]>([
  ["127.0.0.1", "a check", EVERYBODY],
  ["::1", "a check", EVERYBODY],
  ["127.0.0.1", "ids", IDS],
  ["::1", "ids", IDS],
])("who comes over TCP, %s, under a rule of %s", async (host, _rule, rule) => {
  const { server, reasons } = gated(rule);
  await once(server.listen(0, host), "listening");
  onTestFinished(() => void server.close());
  const client = connect((server.address() as AddressInfo).port, host);
  client.on("error", () => {});
  expect(await text(client).catch(() => "")).toBe("");
  expect(reasons).toEqual(["no-identity"]);
});

test("a stream that was made in JavaScript", () => {
  const { server, reasons } = gated();
  const [stream] = makePair();
  server.emit("connection", stream);
  expect(stream.destroyed).toBe(true);
  expect(reasons).toEqual(["no-identity"]);
});

test.each(["close", 403] as const)(
  "a stream that is handed to a server of TLS as if it were secured: %s",
  (refuseWith) => {
    const server = https.createServer();
    const [handler, reasons] = [vi.fn(), [] as string[]];
    server.on("secureConnection", handler);
    allowPeers(server, EVERYBODY, { refuseWith }).on("refused", ({ reason }) => reasons.push(reason));
    const [stream] = makePair();
    server.emit("secureConnection", stream);
    expect([stream.destroyed || stream.writableEnded, handler.mock.calls, reasons]).toEqual([
      true,
      [],
      ["no-identity"],
    ]);
  },
);

test.skipIf(lacks("root", "setpriv"))("who has gone before it is accepted is judged by what it was", async () => {
  const { server, reasons } = gated({ uids: [0] });
  const path = await openToAll(server);
  const [file, ...parameters] = [...asVisitor, process.execPath, "-e"];
  const script = `require("net").connect(${JSON.stringify(path)}).on("connect", () => process.kill(process.pid, "SIGKILL"))`;
  const child = spawn(file, [...parameters, script], { cwd: "/" });
  await once(child, "exit");
  await visit(path, "", ["env"]);
  expect(reasons).toEqual(["ids"]);
});

describe.skipIf(lacks("root", "setpriv"))("of a process that is another user than it was", () => {
  /** What a client gets that does `before`, connects, does `after`, and prints. */
  async function received(rule: PeerRule, before: string, after: string): Promise<string> {
    const path = await openToAll(gated(rule).server);
    const script = `
      ${before}
      const socket = require("net").connect(${JSON.stringify(path)});
      socket.on("error", () => {}).on("connect", () => { ${after} }).pipe(process.stdout);`;
    return text(spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"], cwd: "/" }).stdout);
  }

  test("rights that were given up after connect() count", async () => {
    expect(await received({ uids: [0] }, "", "process.setuid(1234)")).toBe("welcome");
    expect(await received({ uids: [1234] }, "", "process.setuid(1234)")).toBe("");
  });

  test("rights that were given up before do not", async () => {
    expect(await received({ uids: [0] }, "process.setuid(1234);", "")).toBe("");
  });

  test("the effective user counts, as of a setuid program, and not the one who started it", async () => {
    expect(await received({ uids: [0] }, "process.seteuid(1234);", "")).toBe("");
    expect(await received({ uids: [1234] }, "process.seteuid(1234);", "")).toBe("welcome");
  });
});

test.skipIf(lacks("root", "setpriv"))("a socket that was handed on speaks for who connected", async () => {
  const server = http.createServer((_req, res) => res.end("welcome"));
  allowPeers(server, { uids: [0] });
  const path = await openToAll(server);
  // Connected here, as root; used there, by the visitor.
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
});

describe.skipIf(lacks("root", "setpriv", "unshare"))("seen from inside of a namespace", () => {
  /** A server in a namespace that `through` makes; what it tells of a client outside, and what that gets. */
  async function visitInside(through: string[], rule: string): Promise<{ received: string; told: string }> {
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
    const told = received === "" ? String((await lines.next()).value).trim() : "";
    return { received, told };
  }

  const PIDS = ["unshare", "--pid", "--fork", "--kill-child"];
  /** Root is itself there, and nobody else is anybody. */
  const USERS = ["unshare", "--user", "--map-root-user"];

  test("of pids, who is outside has none, and does not get in", async () => {
    expect(await visitInside(PIDS, `{ uids: [${VISITOR.uid}] }`)).toEqual({
      received: "",
      told: `other-pid-namespace unix:uid=${VISITOR.uid}`,
    });
  });

  test("of pids, who is outside gets in where the rule says so", async () => {
    const rule = `{ uids: [${VISITOR.uid}], allowOtherPidNamespaces: true }`;
    expect((await visitInside(PIDS, rule)).received).toBe("welcome");
  });

  test("of users, who has no mapping has the overflow id, and does not get in", async () => {
    const { received, told } = await visitInside(USERS, "{ check: () => true }");
    expect(received).toBe("");
    expect(told).toMatch(/^overflow-id unix:uid=65534,pid=\d+$/);
  });

  test("of users, who has no mapping gets in where the rule says so", async () => {
    const rule = "{ uids: [65534], allowOverflowIds: true }";
    expect((await visitInside(USERS, rule)).received).toBe("welcome");
  });
});

// examples/local-daemon does what its README says: daemon and client as processes of this user and of others, on a
// path and on an inherited socket; and its units of systemd.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, existsSync, lstatSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../helpers/docs";
import { lacks } from "../helpers/needs";
import { socketPath } from "../helpers/servers";
import { asVisitor, visit, VISITOR } from "./helpers/visitors";

const FOLDER = join(root, "examples/local-daemon");
const [USER, GROUP] = ["-un", "-gn"].map((flag) => spawnSync("id", [flag], { encoding: "utf8" }).stdout.trim());
const REQUEST = "GET /who-am-i HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

interface Start {
  readonly through?: readonly string[];
  readonly inherited?: number | "ignore";
}

/** Starts the daemon by `through`, with `inherited` as its descriptor 3, and waits until it listens. */
async function startDaemon(path: string, { through = [], inherited = "ignore" }: Start = {}) {
  const [file, ...parameters] = [...through, process.execPath, join(FOLDER, "daemon.mjs")];
  const env = { ...process.env, DAEMON_SOCKET: path, DAEMON_GROUP: GROUP };
  const child = spawn(file, parameters, { env, stdio: ["ignore", "pipe", "inherit", inherited] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines = createInterface(child.stdout as NodeJS.ReadableStream)[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => JSON.parse((await lines.next()).value);
  return { child, next, ended: once(child, "exit"), listening: await next() };
}

async function ask(path: string, parameters: string[] = [], user = USER): Promise<string> {
  const env = { ...process.env, DAEMON_SOCKET: path, DAEMON_USER: user };
  const child = spawn(process.execPath, [join(FOLDER, "client.mjs"), ...parameters], { env });
  return text(child.stdout);
}

test("its own user gets their name, is logged, and can stop the daemon", async () => {
  const path = socketPath();
  const { next, ended, listening } = await startDaemon(path);
  expect(listening).toEqual({ listening: path, by: "path" });
  expect(lstatSync(path).mode & 0o777).toBe(0o660);
  const answer = await ask(path);
  expect(answer).toMatch(
    new RegExp(`^200 \\{"peer":"unix:uid=${process.geteuid?.()},pid=\\d+","userName":"${USER}"\\}\n$`),
  );
  expect(await next()).toEqual({ peer: expect.stringMatching(/^unix:uid=/), route: "GET /who-am-i", status: 200 });
  expect(await ask(path, ["GET", "/elsewhere"])).toBe("404 \n");
  expect(await ask(path, ["POST", "/stop"])).toBe("200 stopping\n");
  expect(await ended).toEqual([0, null]);
  expect(existsSync(path)).toBe(false);
});

test("the client sends nothing to a daemon of another user than it expects", async () => {
  const path = socketPath();
  const sent: string[] = [];
  const impostor = createServer((socket) => socket.setEncoding("latin1").on("data", (data: string) => sent.push(data)));
  await once(impostor.listen(path), "listening");
  onTestFinished(() => void impostor.close());
  expect(await ask(path, [], "nobody of this name")).toBe("");
  expect(sent).toEqual([]);
});

test.skipIf(lacks("root", "setpriv"))(
  "other users can't connect, and get a 403 if the mode of the socket lets them",
  async () => {
    const path = socketPath();
    const { next } = await startDaemon(path);
    expect((await visit(path, REQUEST)).received).toBe("");
    // As if an administrator had opened the socket by mistake.
    chmodSync(path, 0o666);
    const { received, pid } = await visit(path, REQUEST);
    expect(received).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    expect(await next()).toEqual({ refused: `unix:uid=${VISITOR.uid},pid=${pid}`, reason: "ids" });
  },
);

test.skipIf(lacks("root", "setpriv"))("members of the group may ask, but can't stop the daemon", async () => {
  const path = socketPath();
  const { next } = await startDaemon(path);
  const member = [...asVisitor.slice(0, -1), String(process.getegid?.())];
  expect((await visit(path, REQUEST, member)).received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  const { received, pid } = await visit(path, REQUEST.replace("GET /who-am-i", "POST /stop"), member);
  expect(received).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
  expect(await next()).toMatchObject({ route: "GET /who-am-i", status: 200 });
  expect(await next()).toEqual({ refused: `unix:uid=${VISITOR.uid},pid=${pid}` });
});

test("with socket activation, the socket stays when the daemon ends", async () => {
  const path = socketPath();
  const systemd = createServer();
  await once(systemd.listen(path), "listening");
  onTestFinished(() => void systemd.close());
  const { fd } = (systemd as unknown as { _handle: { fd: number } })._handle;
  const environment = "LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=local-daemon";
  const through = ["sh", "-c", `export ${environment}; exec "$@"`, "sh"];
  const { child, ended, listening } = await startDaemon("/nowhere", { through, inherited: fd });
  expect(listening).toEqual({ listening: path, by: "systemd" });
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
  expect(existsSync(path)).toBe(true);
});

test.skipIf(lacks("systemd"))("systemd finds no fault with the units", () => {
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-units-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  // Checks a copy with this machine's path of Node.
  cpSync(FOLDER, folder, { recursive: true });
  const service = join(folder, "local-daemon.service");
  const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", service], { encoding: "utf8" });
  const complaints = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("local-daemon"));
  expect(complaints.filter((line) => !line.includes("/usr/bin/node is not executable"))).toEqual([]);
  expect(status === 0 || complaints.length > 0).toBe(true);
});

// page.listen(): the sockets that it opens, who may connect to them, and what it refuses.
import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { entry, runNode } from "../helpers/child";
import { lacks } from "../helpers/needs";
import { socketPath } from "../helpers/servers";
import { visit as visitAs } from "../unix/helpers/visitors";
import { show, targetOf, visit, watch } from "./visits";

test.skipIf(lacks("linux"))("a Unix socket: mode 0600, without a token, and for loopback names only", async () => {
  const { page } = await show();
  const path = socketPath();
  expect(await page.listen(path)).toBe(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const target = targetOf(path);
  expect((await visit(target)).status).toBe(200);
  // A browser reaches it through `ssh -L 9000:<path>`.
  expect((await visit(target, "", { Host: "localhost:9000" })).status).toBe(200);
  expect((await visit(target, "", { Host: "evil.example:9000" })).status).toBe(421);
  expect((await visit(target, "events", { Origin: "https://evil.example" })).status).toBe(403);
  const watcher = await watch(target, "", {});
  await watcher.frame(0);
  page.close();
  expect(() => statSync(path)).toThrow("ENOENT");
});

test.skipIf(lacks("root", "setpriv"))(
  "another user can't connect, even if somebody opens the socket's file",
  async () => {
    const { chmodSync } = await import("node:fs");
    const { page } = await show();
    const path = socketPath();
    await page.listen(path);
    const request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    expect((await visitAs(path, request)).received).toBe("");
    chmodSync(path, 0o666);
    expect((await visitAs(path, request)).received).toBe("");
    expect((await visitAs(path, request, ["env"])).received).toMatch(/^HTTP\/1\.1 200 /);
  },
);

test("a port: 127.0.0.1 only", async () => {
  const { page } = await show();
  const { port = 0 } = targetOf(await page.listen(0));
  const { createConnection } = await import("node:net");
  const reached = await new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.2");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
  expect(reached).toBe(false);
});

test("an address that other machines reach needs authorize, which decides alone", async () => {
  const { page } = await show();
  await expect(page.listen({ host: "0.0.0.0", port: 0 })).rejects.toThrow(
    'The "options.authorize" argument of createConnectionsPage() must be a function',
  );
  const { page: open } = await show(undefined, { authorize: ({ headers }) => headers["x-key"] === "1" });
  const address = await open.listen({ host: "0.0.0.0", port: 0 });
  expect(address).toMatch(/^http:\/\/0\.0\.0\.0:\d+\/$/);
  const target = targetOf(address);
  expect((await visit(target)).status).toBe(403);
  expect((await visit(target, "", { "X-Key": "1", Host: "connections.example" })).status).toBe(200);
  expect((await visit(target, "", { "X-Key": "1", Origin: "http://evil.example" })).status).toBe(403);
  const local = targetOf(await open.listen({ host: "127.0.0.1", port: 0 }));
  expect((await visit(local, "", { "X-Key": "1" })).status).toBe(200);
  expect((await visit(local, "", { "X-Key": "1", Host: "evil.example" })).status).toBe(421);
});

test.each<[unknown, string]>([
  ["8080", "must be a path with a slash, or a port as a number. Received type string ('8080')"],
  ["0.0.0.0:8080", "must be a path with a slash"],
  ["", "must be a path with a slash"],
  [65_536, 'The "where" argument must be an integer from 0 to 65535'],
  [-1, "must be an integer from 0 to 65535"],
  [undefined, "must be a path, a port, or an object such as { host, port }. Received undefined"],
  [null, "must be a plain object"],
  [{ host: "::" }, 'The "where.port" argument must be an integer from 0 to 65535. Received undefined'],
  [{ port: 1 }, 'The "where.host" argument must be of type string'],
  [{ host: "", port: 0 }, 'The "where.host" argument must be the address of an interface'],
  [{ host: "::", port: 0, token: "x" }, 'The "where" argument has the unknown key "token"'],
])("listen(%j) is refused", async (where, message) => {
  const { page } = await show(undefined, { authorize: () => true });
  await expect(page.listen(where as number)).rejects.toMatchObject({
    code: "ERR_SOCKINFO_INVALID_ARGUMENT",
    message: expect.stringContaining(message) as string,
  });
});

test("a port in use, a name without an address: the message begins once with the call and the code", async () => {
  const { page } = await show(undefined, { authorize: () => true });
  const { port = 0 } = targetOf(await page.listen(0));
  await expect(page.listen(port)).rejects.toMatchObject({
    code: "EADDRINUSE",
    syscall: "listen",
    name: "SocketInfoError",
    message: `listen EADDRINUSE: address already in use 127.0.0.1:${port}`,
  });
  await expect(page.listen({ host: "nowhere.invalid", port: 0 })).rejects.toMatchObject({
    syscall: "getaddrinfo",
    message: expect.stringMatching(/^getaddrinfo E\w+: nowhere\.invalid$/) as string,
  });
});

test.skipIf(lacks("linux"))("a path in use, and a folder that does not exist: the error is listenUnix's", async () => {
  const { page } = await show();
  const path = socketPath();
  await page.listen(path);
  await expect(page.listen(path)).rejects.toMatchObject({
    code: "EADDRINUSE",
    syscall: "bind",
    name: "SocketInfoError",
    message: `bind EADDRINUSE: ${path}: a process listens there`,
  });
  await expect(page.listen("/nowhere/at/all/socket")).rejects.toMatchObject({
    code: "ENOENT",
    name: "SocketInfoError",
    message:
      "open ENOENT: /nowhere/at/all/socket.lock, the lock file of listenUnix(). " +
      "The folder /nowhere/at/all does not exist",
  });
});

test.skipIf(lacks("linux"))("in a cluster, each worker has a page and a port of its own", async () => {
  const { port: takenPort = 0 } = targetOf(await (await show()).page.listen(0));
  const child = spawn(process.execPath, [join(import.meta.dirname, "cluster.mjs"), String(takenPort), socketPath()]);
  onTestFinished(() => void child.kill());
  const lines = (await text(child.stdout)).trim().split("\n");
  const workers = lines.map((line) => JSON.parse(line) as Record<string, string>);
  expect(workers.length).toBe(3);
  for (const { statuses, inUse, path } of workers) {
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200]);
    expect(inUse).toBe(`listen EADDRINUSE: address already in use 127.0.0.1:${takenPort}`);
    expect(path).toContain("page.listen(path) can't open a Unix socket. Call page.listen(0)");
  }
  expect(new Set(workers.map(({ address = "" }) => new URL(address).port)).size).toBe(3);
});

test("wrong arguments of createConnectionsPage", async () => {
  const { createConnectionsPage } = await import("sockinfo/page");
  const { tracker } = await show();
  const refusal = (message: string): Error =>
    expect.objectContaining({
      code: "ERR_SOCKINFO_INVALID_ARGUMENT",
      message: expect.stringContaining(message) as string,
    }) as Error;
  expect(() => createConnectionsPage({} as never)).toThrow(refusal('The "tracker" argument must be a tracker'));
  expect(() => createConnectionsPage(tracker, { authorise: () => true } as never)).toThrow(
    refusal('Did you mean "authorize"?'),
  );
  expect(() => createConnectionsPage(tracker, { authorize: true } as never)).toThrow(
    refusal("must be of type function"),
  );
  expect(() => createConnectionsPage(tracker, { maskAddresses: null } as never)).toThrow(
    refusal("must be of type boolean"),
  );
});

test("a listening page does not keep the process alive, not even with a viewer", () => {
  const load = (subpath: string): string => `require(${JSON.stringify(join(entry, "..", subpath, "index.js"))})`;
  const script = `
    const http = require("http"), { trackConnections } = ${load("connections")}, { createConnectionsPage } = ${load("page")};
    const server = http.createServer();
    const page = createConnectionsPage(trackConnections(server));
    page.listen(0).then((address) => {
      const { href, searchParams } = new URL(address);
      const headers = { authorization: "Bearer " + searchParams.get("token") };
      http.get(new URL("events", href), { headers, agent: false }, (response) => {
        response.socket.unref();
        response.once("data", () => process.stdout.write("watched"));
      });
    });`;
  expect(runNode(script)).toMatchObject({ status: 0, stdout: "watched", stderr: "" });
});

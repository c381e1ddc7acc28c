// Servers and options that listenUnix() refuses, before it does anything.
import { once } from "node:events";
import { createServer, Server, Socket } from "node:net";
import { listenUnix, type ListenUnixOptions } from "sockinfo/unix";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { listen, socketPath } from "../../helpers/servers";
import { ask } from "../helpers/ask";
import { besides } from "../helpers/files";
import { startChild } from "../helpers/processes";

async function refuses(server: unknown, options: unknown, detail: string): Promise<void> {
  const path = socketPath();
  await expect(listenUnix(server as Server, path, options as ListenUnixOptions)).rejects.toMatchObject({
    name: "SocketInfoError",
    code: "ERR_SOCKINFO_INVALID_ARGUMENT",
    message: expect.stringContaining(detail),
  });
  expect(besides(path)).toEqual([]);
}

test.each<unknown>([undefined, null, 3, "server", {}, { listen() {} }, Server, new Socket(), Object.create(null)])(
  "%o is no server",
  (server) => refuses(server, {}, 'The "server" argument must be a server of node:net'),
);

describe("a server that is already listening", () => {
  test("on TCP goes on as it is", async () => {
    const server = await listen(createServer());
    const address = server.address();
    await refuses(server, {}, "must be a server that is not listening");
    expect(server.address()).toEqual(address);
  });

  test("on another path goes on there", async () => {
    const path = socketPath();
    const server = await listenUnix(
      createServer((socket) => socket.end("hello")),
      path,
    );
    onTestFinished(() => void server.close());
    await refuses(server, {}, "must be a server that is not listening");
    expect(await ask(path)).toBe("hello");
  });

  test("because of another call at the same time: of two paths, it listens on one", async () => {
    const paths = [socketPath(), socketPath()];
    const server = createServer((socket) => socket.end("hello"));
    onTestFinished(() => void server.close());
    const outcomes = await Promise.allSettled(paths.map((path) => listenUnix(server, path)));
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const [taken, free] = server.address() === paths[0] ? paths : paths.toReversed();
    expect(await ask(taken as string)).toBe("hello");
    expect(besides(free as string)).toEqual([]);
  });

  test("on TCP because of a call meanwhile stays there", async () => {
    const path = socketPath();
    const server = createServer();
    const outcome = listenUnix(server, path);
    server.listen(0);
    onTestFinished(() => void server.close());
    await expect(outcome).rejects.toMatchObject({ code: "ERR_SOCKINFO_INVALID_ARGUMENT" });
    expect(server.address()).toMatchObject({ port: expect.any(Number) });
    expect(besides(path)).toEqual([]);
  });
});

describe("options", () => {
  test.each<unknown>([null, 3, "0600", true])("are no %o", (options) =>
    refuses(createServer(), options, 'The "options" argument must be a plain object'),
  );

  test.each<unknown>([-1, 0o1000, 0o4755, 1.5, Number.NaN, Infinity, "0600", "600", null, 10n, true])(
    "mode is no %o",
    (mode) => refuses(createServer(), { mode }, "options.mode"),
  );

  test.each<unknown>([-1, 2 ** 31, 1.5, Number.NaN, "7", null, true])("backlog is no %o", (backlog) =>
    refuses(createServer(), { backlog }, "options.backlog"),
  );

  describe.each(["owner", "group"])("%s", (name) => {
    // chown() reads 2 ** 32 - 1 as "do not change".
    test.each<unknown>([-1, 2 ** 32, 2 ** 32 - 1, 1.5, Number.NaN, "", null, true, {}, 10n])("is no %o", (value) =>
      refuses(createServer(), { [name]: value }, `options.${name}`),
    );

    test.skipIf(lacks("linux")).each(["nobody-has-this-name", "1234", "root\0", "../root", "ro ot"])(
      `%j is refused, because no ${name === "owner" ? "user" : "group"} has this name`,
      (value) =>
        refuses(
          createServer(),
          { [name]: value },
          `"options.${name}" argument must be the id or the name of a ${name === "owner" ? "user" : "group"} that exists`,
        ),
    );
  });

  test("undefined means that an option is not given", async () => {
    const path = socketPath();
    const options = { mode: undefined, owner: undefined, group: undefined, backlog: undefined };
    const server = await listenUnix(createServer(), path, options);
    server.close();
    await once(server, "close");
    expect(besides(path)).toEqual([]);
  });
});

test("a worker of node:cluster is refused: the descriptor's number is another file in the primary process", async () => {
  const path = socketPath();
  const child = startChild("cluster.mjs", [path]);
  expect(await child.next()).toMatchObject({
    code: "ERR_SOCKINFO_LISTENER_NOT_OWNED",
    message: expect.stringContaining("Call listenUnix() in the primary process"),
  });
  expect(await child.ended).toEqual([0, null]);
  expect(besides(path)).toEqual([]);
});

test("after a refusal the server can still listen", async () => {
  const path = socketPath();
  const server = createServer((socket) => socket.end("hello"));
  onTestFinished(() => void server.close());
  await expect(listenUnix(server, path, { mode: -1 })).rejects.toThrow("options.mode");
  await expect(listenUnix(server, "")).rejects.toThrow("be a path that is not empty. Received type string ('')");
  await listenUnix(server, path);
  expect(await ask(path)).toBe("hello");
});

test.each<[unknown, string]>([
  [660, "0o660"],
  [777, "0o777"],
  [640, "0o640"],
  ["660", "0o660"],
  ["0660", "0o660"],
  ["0o660", "0o660"],
])("the mode %o is refused, with the octal one in the message", (mode, meant) =>
  refuses(createServer(), { mode }, `Did you mean ${meant}?`),
);

test.each([888, 1777, -660, 660.5, "rw-rw----"])("the mode %o is refused, without a guess", async (mode) => {
  const outcome = listenUnix(createServer(), socketPath(), { mode: mode as number });
  await expect(outcome).rejects.toThrow(/^(?!.*Did you mean)/);
});

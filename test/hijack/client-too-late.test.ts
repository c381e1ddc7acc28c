// hijackClientRequest() is refused after the response has come: Node may have parsed bytes of the body. The response
// stays usable.
import { once } from "node:events";
import { type IncomingMessage, request, type ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { hijackClientRequest } from "sockinfo/hijack";
import { describe, expect, onTestFinished, test } from "vitest";
import { until } from "../helpers/servers";
import { host, makeAgent, readAll, requestOver, ScriptedConnection } from "./helpers/scripted";

const ANSWER = "HTTP/1.1 200 OK\r\n\r\n";

describe("ERR_SOCKINFO_BYTES_PARSED, and the response stays usable", () => {
  const LENGTH_5 = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  const RESPONSES: Record<string, { pieces: string[]; method?: string; body?: string }> = {
    "until the end": { pieces: [`${ANSWER}hello`] },
    "HTTP/1.0": { pieces: ["HTTP/1.0 200 OK\r\n\r\n", "hello"] },
    "a length, nothing has come": { pieces: [LENGTH_5, "hello"] },
    "a length, all has come": { pieces: [`${LENGTH_5}hello`] },
    chunked: { pieces: ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n"] },
    "204": { pieces: ["HTTP/1.1 204 No Content\r\n\r\n"], body: "" },
    HEAD: { pieces: [LENGTH_5], method: "HEAD", body: "" },
  };
  test.each(Object.entries(RESPONSES))("%s: in a listener for 'response'", async (_, options) => {
    const { pieces, method = "GET", body = "hello" } = options;
    const late = requestOver(new ScriptedConnection(pieces), { method });
    let code: Promise<unknown> | undefined;
    late.once("response", () => {
      code = hijackClientRequest(late).catch((error: { code: string }) => error.code);
    });
    late.end();
    const [response] = (await once(late, "response")) as [IncomingMessage];
    expect(await code).toBe("ERR_SOCKINFO_BYTES_PARSED");
    expect(await readAll(response)).toBe(body);
    expect(response.complete).toBe(true);
    const events = ["error", "close", "socket", "upgrade", "connect"];
    expect(events.map((event) => late.listenerCount(event))).toEqual([0, 0, 0, 0, 0]);
  });

  test.each([
    ["with the headers", `${LENGTH_5}hello`, ""],
    ["later", `${LENGTH_5}he`, "llo"],
  ])("complete %s: the agent keeps the connection", async (_, begin, rest) => {
    const agent = makeAgent({ keepAlive: true });
    const { options, received } = await host((socket) => {
      socket.write(begin);
      if (rest) void setTimeout(30).then(() => socket.write(rest));
      socket.on("data", () => socket.write(`${LENGTH_5}again`));
    });
    const late = request({ ...options, agent }).end();
    const [response] = (await once(late, "response")) as [IncomingMessage];
    await expect(hijackClientRequest(late)).rejects.toMatchObject({ code: "ERR_SOCKINFO_BYTES_PARSED" });
    const isFree = once(agent, "free");
    expect(await readAll(response)).toBe("hello");
    await isFree;
    await expect(hijackClientRequest(late)).rejects.toMatchObject({ code: "ERR_SOCKINFO_BYTES_PARSED" });
    const [again] = (await once(request({ ...options, agent }).end(), "response")) as [IncomingMessage];
    expect(await readAll(again)).toBe("again");
    expect(received).toHaveLength(1);
  });

  test("without a listener for 'response', where Node drops the body", async () => {
    const late = requestOver(new ScriptedConnection([ANSWER, "hello"], { stays: true }));
    late.end();
    await until(() => (late as ClientRequest & { res: unknown }).res !== null);
    await expect(hijackClientRequest(late)).rejects.toMatchObject({ code: "ERR_SOCKINFO_BYTES_PARSED" });
  });

  test("after the connection has ended", async () => {
    const { options } = await host((socket) => socket.end(`${ANSWER}hello`));
    const late = request(options).end();
    const [response] = (await once(late, "response")) as [IncomingMessage];
    expect(await readAll(response)).toBe("hello");
    await expect(hijackClientRequest(late)).rejects.toMatchObject({ code: "ERR_SOCKINFO_BYTES_PARSED" });
  });
});

test.each(["upgrade", "connect"])("ERR_SOCKINFO_HIJACKED: '%s' has the connection", async (event) => {
  const method = event === "connect" ? "CONNECT" : "GET";
  const upgrade = "HTTP/1.1 101 Upgraded\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
  const upgraded = requestOver(new ScriptedConnection([upgrade], { stays: true }), { method });
  upgraded.end();
  const [, socket] = (await once(upgraded, event)) as [IncomingMessage, Socket];
  onTestFinished(() => void socket.destroy());
  await expect(hijackClientRequest(upgraded)).rejects.toMatchObject({ code: "ERR_SOCKINFO_HIJACKED" });
  expect(socket.destroyed).toBe(false);
});

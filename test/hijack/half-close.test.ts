// The client ends its half first, as `docker exec -i` does with its input, and must still get all of the output.
// Server and client use sockinfo, over each kind of connection (moby#38457, docker-modem#48).
import { once } from "node:events";
import { request as requestHttp, type RequestListener } from "node:http";
import { request as requestHttps } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { hijack, hijackClientRequest } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import { collectUncaught } from "./helpers/hijacked";
import { serve } from "./helpers/servers";

const OUTPUT = "x".repeat(300_000);

const ANSWERS = {
  101: "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
  200: "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n",
};

/** Like `wc -c`, it counts the input up to its end, and then sends the output. */
const attach = (answer: string): RequestListener => {
  return async (req, res) => {
    const { socket, head } = await hijack(req, res);
    socket.write(answer);
    socket.unshift(head);
    let bytes = 0;
    for await (const piece of socket.iterator({ destroyOnReturn: false })) bytes += (piece as Buffer).length;
    await sleep(20);
    socket.end(`${bytes}\n${OUTPUT}`);
  };
};

describe.each(["http", "https", "unix"] as const)("%s", (kind) => {
  test.each([101, 200] as const)("%i", async (status) => {
    const uncaught = collectUncaught();
    const server = await serve(kind, attach(ANSWERS[status]));
    const address = server.address() as AddressInfo | string;
    const place = typeof address === "string" ? { socketPath: address } : { host: "127.0.0.1", port: address.port };
    const request = (kind === "https" ? requestHttps : requestHttp)({
      ...place,
      method: "POST",
      path: "/v1.41/exec/x/start",
      headers: { Connection: "Upgrade", Upgrade: "tcp", "Content-Length": 2 },
      rejectUnauthorized: false,
    });
    request.end("{}");
    const { response, socket, head } = await hijackClientRequest(request);
    expect(response.statusCode).toBe(status);
    const pieces = [head];
    socket.on("data", (piece) => pieces.push(piece));
    socket.end("test\n");
    await once(socket, "end");
    // The request's body also counts, because an early hijack() leaves it to the owner.
    expect(Buffer.concat(pieces).toString() === `7\n${OUTPUT}`).toBe(true);
    await once(socket, "close");
    expect(uncaught).toEqual([]);
  });
});

// Sources and options that measureRequest refuses, and the codes of the errors.
import { once } from "node:events";
import http from "node:http";
import net, { type Server, type Socket } from "node:net";
import { duplexPair } from "node:stream";
import { measureRequest, tryMeasureRequest } from "sockinfo/connections";
import { describe, expect, onTestFinished, test } from "vitest";
import { listen, socketPath } from "../helpers/servers";
import { dial } from "../helpers/http-clients";
import { nextRequest } from "../helpers/http-servers";
import { GET, startTracked } from "./helpers/requests";

describe("measureRequest refuses", () => {
  const codeOf = (code: string) => expect.objectContaining({ code, name: "SocketInfoError" }) as Error;

  async function arrived(server: Server, client?: Socket) {
    (client ?? (await dial(server))).resume().write(GET);
    return nextRequest(server);
  }

  test("a request of a server without a tracker", async () => {
    const [req] = await arrived(await listen(http.createServer()));
    await expect(measureRequest(req)).rejects.toThrow(codeOf("ERR_SOCKINFO_NOT_TRACKED"));
    expect(await tryMeasureRequest(req)).toBeUndefined();
  });

  test("an answered request, and a socket without a request in flight", async () => {
    const [req, res] = await arrived(await startTracked(http.createServer()));
    const measured = measureRequest(req);
    res.end();
    await measured;
    for (const source of [req, res, req.socket]) {
      await expect(measureRequest(source)).rejects.toThrow(codeOf("ERR_SOCKINFO_NO_REQUEST"));
      expect(await tryMeasureRequest(source)).toBeUndefined();
    }
  });

  test("an answered request while the next one is in flight", async () => {
    const server = await startTracked(http.createServer());
    const client = await dial(server);
    const [first, response] = await arrived(server, client);
    response.end();
    await arrived(server, client);
    await expect(measureRequest(first)).rejects.toThrow(codeOf("ERR_SOCKINFO_NO_REQUEST"));
  });

  test("an upgraded request", async () => {
    const server = await startTracked(http.createServer());
    const client = await dial(server);
    client.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
    const [req] = (await once(server, "upgrade")) as [http.IncomingMessage];
    await expect(measureRequest(req)).rejects.toThrow(codeOf("ERR_SOCKINFO_NO_REQUEST"));
  });

  test("a request over a Unix socket", async () => {
    const path = socketPath();
    const server = await startTracked(http.createServer(), { path });
    const client = net.connect(path);
    onTestFinished(() => void client.destroy());
    const [req] = await arrived(server, client);
    await expect(measureRequest(req)).rejects.toThrow(codeOf("ERR_SOCKINFO_NOT_TCP"));
    expect(await tryMeasureRequest(req)).toBeUndefined();
  });

  test.runIf(typeof duplexPair === "function")("a request over a stream that is no socket", async () => {
    const server = await startTracked(http.createServer());
    const [near, far] = duplexPair();
    server.emit("connection", near);
    far.write(GET);
    const [req] = await nextRequest(server);
    await expect(measureRequest(req)).rejects.toThrow(codeOf("ERR_SOCKINFO_NO_SOCKET"));
    expect(await tryMeasureRequest(req)).toBeUndefined();
  });

  test.each([undefined, null, "x", true])("%s, which is no source; and so does tryMeasureRequest", async (source) => {
    await expect(measureRequest(source as never)).rejects.toThrow(codeOf("ERR_SOCKINFO_INVALID_ARGUMENT"));
    await expect(tryMeasureRequest(source as never)).rejects.toThrow(codeOf("ERR_SOCKINFO_INVALID_ARGUMENT"));
  });

  test.each([
    { until: "sent" },
    { until: null },
    { timeoutMs: -1 },
    { timeoutMs: NaN },
    { timeoutMs: "1" },
    { until: "finished", timeoutMs: -1 },
  ])("the options %o; and so does tryMeasureRequest", async (options) => {
    const [req] = await arrived(await startTracked(http.createServer()));
    await expect(measureRequest(req, options as never)).rejects.toThrow(codeOf("ERR_SOCKINFO_INVALID_ARGUMENT"));
    await expect(tryMeasureRequest(req, options as never)).rejects.toThrow(codeOf("ERR_SOCKINFO_INVALID_ARGUMENT"));
  });
});

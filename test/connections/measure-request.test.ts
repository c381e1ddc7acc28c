// measureRequest on HTTP/1, with and without TLS, against the byte counts of the client's raw socket.
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import tls from "node:tls";
import type { SocketSource } from "sockinfo";
import {
  getConnection,
  measureRequest,
  trackConnections,
  tryMeasureRequest,
  type RequestCost,
} from "sockinfo/connections";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { listen, until } from "../helpers/servers";
import { dial } from "../helpers/http-clients";
import { nextRequest, certificate } from "../helpers/http-servers";
import { bodyOf, GET, postOf, startTracked, wholeBody } from "./helpers/requests";

const linux = lacks("linux") ? undefined : true;

describe("HTTP/1", () => {
  test("consecutive requests: the bytes that the client has read and written meanwhile", async () => {
    const server = await startTracked(http.createServer());
    const client = await dial(server);
    client.resume();
    const costs: RequestCost[] = [];
    for (const [sent, answered] of [
      [10_000, 300_000],
      [1, 5],
      [200_000, 70_000],
    ] as const) {
      client.write(postOf(sent));
      const [req, res] = await nextRequest(server);
      const before = client.bytesRead;
      const measured = measureRequest(req);
      client.write(Buffer.alloc(sent));
      await once(req.resume(), "end");
      const read = wholeBody(client);
      res.end(bodyOf(answered));
      const [cost] = await Promise.all([measured, read]);
      const onTheWire = client.bytesRead - before;
      expect(onTheWire).toBeGreaterThan(answered);
      expect(cost).toMatchObject({ bytesReceived: sent, shared: false, aborted: false, acked: true });
      expect((cost.bytesSent ?? 0) - (cost.retransmittedBytes ?? 0)).toBe(onTheWire);
      if (linux) expect(cost.bytesAcked).toBe(onTheWire);
      expect(cost.dataSegmentsReceived).toBeGreaterThan(0);
      expect(cost.durationMs).toBeGreaterThan(0);
      costs.push(cost);
    }
    // Nothing is counted twice, and only the heads of the requests are missing.
    for (const [index, cost] of costs.slice(1).entries()) {
      expect(cost.start.bytesSent).toBe(costs[index]?.end.bytesSent);
      expect(cost.start.bytesReceived).toBeGreaterThan(costs[index]?.end.bytesReceived ?? Infinity);
    }
  });

  test("bytes of a next request that come with the last acknowledgement are not counted", async () => {
    const server = await startTracked(http.createServer());
    const client = await dial(server);
    client.write(postOf(7));
    const [req, res] = await nextRequest(server);
    const measured = measureRequest(req);
    client.once("data", () => client.write(GET));
    client.write("1234567");
    await once(req.resume(), "end");
    res.end("x");
    expect(await measured).toMatchObject({ bytesReceived: 7, aborted: false, shared: false });
    await nextRequest(server);
  });

  test("over TLS the bytes are those of the ciphertext", async () => {
    const server = await startTracked(https.createServer(certificate()));
    const raw = await dial(server);
    const client = tls.connect({ socket: raw, rejectUnauthorized: false }).resume();
    // The session tickets come before the first response. The second one has only its own bytes.
    for (const size of [10, 100_000]) {
      client.write(GET);
      const [req, res] = await nextRequest(server);
      const before = raw.bytesRead;
      const measured = measureRequest(res);
      const read = wholeBody(client);
      res.end(bodyOf(size));
      const [cost] = await Promise.all([measured, read]);
      if (size === 10) continue;
      expect((cost.bytesSent ?? 0) - (cost.retransmittedBytes ?? 0)).toBe(raw.bytesRead - before);
      expect(raw.bytesRead - before).toBeGreaterThan(size);
      expect(cost).toMatchObject({
        acked: true,
        bytesReceived: 0,
        ...(linux && { bytesAcked: raw.bytesRead - before }),
      });
      expect(cost.end).not.toBe(getConnection(req).finalTcpInfo);
    }
  });

  test.each<[string, (req: http.IncomingMessage, res: http.ServerResponse) => SocketSource]>([
    ["the request", (req) => req],
    ["the response", (_req, res) => res],
    ["the socket", (req) => req.socket],
  ])("measured from %s", async (_name, sourceOf) => {
    const server = await startTracked(http.createServer());
    const client = await dial(server);
    client.resume().write(GET);
    const [req, res] = await nextRequest(server);
    const measured = measureRequest(sourceOf(req, res));
    const read = wholeBody(client);
    res.end(bodyOf(1000));
    const [cost] = await Promise.all([measured, read]);
    expect(cost).toMatchObject({ bytesReceived: 0, shared: false, acked: true });
    expect((cost.bytesSent ?? 0) - (cost.retransmittedBytes ?? 0)).toBe(client.bytesRead);
  });

  test("pipelined requests share the connection", async () => {
    const server = await startTracked(http.createServer());
    const pairs: [http.IncomingMessage, http.ServerResponse][] = [];
    const costs: Promise<RequestCost>[] = [];
    server.on("request", (req, res) => {
      pairs.push([req, res]);
      if (pairs.length < 3) costs.push(measureRequest(req));
    });
    const client = await dial(server);
    client.resume().write(GET + GET);
    await until(() => pairs.length === 2);
    // With two requests in flight, the socket alone does not say which one is meant.
    await expect(measureRequest(pairs[0]?.[0].socket as Socket)).rejects.toMatchObject({
      code: "ERR_SOCKINFO_NO_REQUEST",
    });
    pairs[1]?.[1].end("second");
    pairs[0]?.[1].end("first");
    expect(await Promise.all(costs)).toMatchObject([{ shared: true }, { shared: true }]);
    client.write(GET);
    await until(() => pairs.length === 3);
    const alone = measureRequest(pairs[2]?.[0] as http.IncomingMessage);
    pairs[2]?.[1].end();
    expect(await alone).toMatchObject({ shared: false });
  });

  test("two measurements of one request have the same result", async () => {
    const server = await startTracked(http.createServer());
    const client = await dial(server);
    client.resume().write(GET);
    const [req, res] = await nextRequest(server);
    const measured = Promise.all([measureRequest(req), measureRequest(res)]);
    const read = wholeBody(client);
    res.end(bodyOf(10_000));
    const [costs] = await Promise.all([measured, read]);
    for (const cost of costs) expect((cost.bytesSent ?? 0) - (cost.retransmittedBytes ?? 0)).toBe(client.bytesRead);
    // Each measurement has its own readings.
    expect(costs[0].start).not.toBe(costs[1].start);
  });

  test("a request that was in flight before the tracker", async () => {
    const server = await listen(http.createServer());
    const client = await dial(server);
    client.resume().write(GET);
    const [req, res] = await nextRequest(server);
    const tracker = trackConnections(server);
    onTestFinished(() => tracker.close());
    const measured = measureRequest(req);
    const read = wholeBody(client);
    res.end(bodyOf(1000));
    const [cost] = await Promise.all([measured, read]);
    expect(cost).toMatchObject({ aborted: false, shared: false, ...(linux && { bytesAcked: client.bytesRead }) });
    await expect(measureRequest(req)).rejects.toMatchObject({ code: "ERR_SOCKINFO_NO_REQUEST" });
  });
});

describe("a response that does not finish", () => {
  test.each<[string, (client: Socket, req: http.IncomingMessage) => void]>([
    ["the client resets", (client) => void client.resetAndDestroy()],
    ["the client leaves", (client) => void client.destroy()],
    ["the server destroys", (_client, req) => void req.socket.destroy()],
  ])("because %s: aborted, and measured until the final TCP_INFO", async (_name, end) => {
    const server = await startTracked(http.createServer());
    const client = await dial(server);
    client.resume().write(GET);
    const [req, res] = await nextRequest(server);
    const connection = getConnection(req);
    const measured = measureRequest(req);
    const read = wholeBody(client);
    res.setHeader("Content-Length", 20_000).write(bodyOf(10_000));
    await read;
    end(client, req);
    const cost = await measured;
    expect(cost).toMatchObject({ aborted: true, shared: false });
    expect((cost.bytesSent ?? 0) - (cost.retransmittedBytes ?? 0)).toBe(client.bytesRead);
    expect(cost.end).toBe(connection.finalTcpInfo);
    await expect(measureRequest(req)).rejects.toMatchObject({ code: "ERR_SOCKINFO_SOCKET_CLOSED" });
    expect(await tryMeasureRequest(req)).toBeUndefined();
  });

  test("because the tracker is closed: aborted, and measured until then", async () => {
    const server = await listen(http.createServer());
    const tracker = trackConnections(server);
    (await dial(server)).resume().write(GET);
    const [req] = await nextRequest(server);
    const measured = measureRequest(req);
    tracker.close();
    expect(await measured).toMatchObject({ aborted: true, end: { state: "ESTABLISHED" } });
  });

  test("the last response of a connection is not aborted", async () => {
    const server = await startTracked(http.createServer());
    const client = await dial(server);
    client.resume().write(GET);
    const [req, res] = await nextRequest(server);
    const measured = measureRequest(req);
    const read = wholeBody(client);
    res.setHeader("Connection", "close").end(bodyOf(1000));
    const [cost] = await Promise.all([measured, read]);
    expect(cost.aborted).toBe(false);
    expect((cost.bytesSent ?? 0) - (cost.retransmittedBytes ?? 0)).toBe(client.bytesRead);
  });
});

test("a measurement keeps no process alive, and leaves nothing on its connection", async () => {
  const server = await startTracked(http.createServer());
  const client = await dial(server);
  client.resume().write(GET);
  const [req, res] = await nextRequest(server);
  const before = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const measured = measureRequest(req);
  res.end("x".repeat(100_000));
  await once(res, "finish");
  expect(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length).toBeLessThanOrEqual(before);
  await measured;
  const { requestObservers } = getConnection(client.destroyed ? client : req) as unknown as {
    requestObservers: Set<unknown>;
  };
  expect(requestObservers.size).toBe(0);
});

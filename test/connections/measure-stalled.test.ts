// measureRequest while the client does not read: how long it waits for acknowledgements, and what ends the wait.
import { once } from "node:events";
import http from "node:http";
import { getTcpInfo, type LinuxTcpInfo } from "sockinfo";
import { getConnection, measureRequest, type MeasureRequestOptions } from "sockinfo/connections";
import { describe, expect, test } from "vitest";
import { lacks } from "../helpers/needs";
import { until } from "../helpers/servers";
import { dial } from "../helpers/http-clients";
import { nextRequest } from "../helpers/http-servers";
import { GET, startTracked } from "./helpers/requests";

const linux = lacks("linux") ? undefined : true;

describe("a client that does not read", () => {
  /** A response that the kernel has completely, and can send only in part. */
  async function stall(options?: MeasureRequestOptions) {
    const server = await startTracked(http.createServer());
    const client = await dial(server);
    client.pause().write(GET);
    const [req, res] = await nextRequest(server);
    const measured = measureRequest(req, options);
    // Writes until all sent data is acknowledged, data is waiting, and the window is too small for another segment.
    for (;;) {
      const { sndWndBytes = 0, sndMssBytes = 0, ...info } = getTcpInfo(req);
      const waiting = (info.platform === "darwin" ? info.sendBufferBytes : info.notSentBytes) ?? 0;
      const isArrived = info.platform === "darwin" || info.unackedSegments === 0;
      if (waiting > 0 && isArrived && sndWndBytes < sndMssBytes) break;
      await new Promise((resolve) => (waiting > 0 ? setImmediate(resolve) : res.write(Buffer.alloc(65_536), resolve)));
    }
    const finished = once(res, "finish");
    res.end();
    await finished;
    return { server, client, req, measured, connection: getConnection(req) };
  }
  const unacked = { acked: false, aborted: false, shared: false };

  test("reads at last: the wait ends, and rwndLimitedTimeMs has the time before", async () => {
    const { client, measured, req } = await stall();
    if (linux) await until(() => ((getTcpInfo(req) as LinuxTcpInfo).rwndLimitedTimeMs ?? 1) > 0);
    client.resume();
    const cost = await measured;
    expect(cost).toMatchObject({ ...unacked, acked: true });
    if (!linux || cost.busyTimeMs === undefined) return;
    await until(() => client.bytesRead >= (cost.bytesAcked ?? 0));
    expect(cost.bytesAcked).toBe(client.bytesRead);
    expect(cost.rwndLimitedTimeMs).toBeGreaterThan(0);
    expect(cost.busyTimeMs).toBeGreaterThanOrEqual(cost.rwndLimitedTimeMs ?? Infinity);
  });

  test("the wait ends after timeoutMs", async () => {
    const { measured } = await stall({ timeoutMs: 30 });
    const cost = await measured;
    expect(cost).toMatchObject(unacked);
    if (linux) expect((cost.end as LinuxTcpInfo).notSentBytes).toBeGreaterThan(0);
  });

  test.each<MeasureRequestOptions>([{ until: "finished" }, { timeoutMs: 0 }, { until: "acked", timeoutMs: 0 }])(
    "no wait with %o",
    async (options) => {
      const { measured } = await stall(options);
      expect(await measured).toMatchObject(unacked);
    },
  );

  test("sends the next request: the wait ends", async () => {
    const { server, client, measured } = await stall({ timeoutMs: Infinity });
    const next = nextRequest(server);
    client.write(GET);
    await next;
    expect(await measured).toMatchObject({ ...unacked, bytesReceived: 0 });
  });

  test("resets: the wait ends with the final TCP_INFO", async () => {
    const { client, measured, connection } = await stall({ timeoutMs: Infinity });
    client.resetAndDestroy();
    const cost = await measured;
    expect(cost).toMatchObject(unacked);
    expect(cost.end).toBe(connection.finalTcpInfo);
    expect(cost.end.state).toBe("CLOSED");
  });
});

// A gate together with another gate, a tracker, and hijacking: they do not weaken it, and it does not disturb them.
import { once } from "node:events";
import http from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { getTracker, trackConnections } from "sockinfo/connections";
import { enableHijack, hijack, release } from "sockinfo/hijack";
import { allowPeers } from "sockinfo/unix";
import { describe, expect, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { until } from "../../helpers/servers";
import { openToAll, visit, VISITOR } from "../helpers/visitors";

const REQUEST = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const self = process.geteuid?.() ?? -1;

test("with two gates, both must agree, and each emits the peers that it refused", async () => {
  const server = http.createServer((_req, res) => res.end("welcome"));
  const refusedBy: string[] = [];
  allowPeers(server, { uids: [self] }).on("refused", () => refusedBy.push("first"));
  let isOpen = true;
  allowPeers(server, { check: () => isOpen }).on("refused", () => refusedBy.push("second"));
  const path = await openToAll(server);
  const get = async () =>
    text(
      connect(path)
        .on("error", () => {})
        .end(REQUEST),
    ).catch(() => "");
  expect(await get()).toMatch(/welcome$/);
  isOpen = false;
  expect(await get()).toBe("");
  expect(refusedBy).toEqual(["second"]);
});

test("the check is called once for a connection, however many requests come on it", async () => {
  let checks = 0;
  const server = http.createServer((_req, res) => res.end("x"));
  allowPeers(server, { check: () => ++checks > 0 });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const path = await openToAll(server);
  for (let count = 0; count < 5; count++) {
    const [response] = (await once(http.get({ socketPath: path, agent }), "response")) as [http.IncomingMessage];
    expect(await text(response)).toBe("x");
  }
  agent.destroy();
  expect(checks).toBe(1);
});

describe.skipIf(lacks("root", "setpriv"))("with a tracker and hijacking", () => {
  /**
   * A server that hijacks the request for /taken and gives its connection back, and the user ids that the gate
   * refused.
   */
  function create(order: readonly ("gate" | "tracker" | "hijack")[]) {
    const server = http.createServer(async (req, res) => {
      if (req.url === "/answered") return res.end("by the server");
      const { socket, head } = await hijack(req, res);
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nby hand");
      return release(socket, head);
    });
    const refused: number[] = [];
    const steps = {
      gate: () => allowPeers(server, { uids: [0] }).on("refused", ({ peer }) => refused.push(peer?.uid ?? -1)),
      tracker: () => trackConnections(server),
      hijack: () => enableHijack(server),
    };
    for (const step of order) steps[step]();
    return { server, refused };
  }

  test.each([
    [["gate", "tracker", "hijack"] as const],
    [["hijack", "tracker", "gate"] as const],
    [["tracker", "gate", "hijack"] as const],
  ])("in the order %o", async (order) => {
    const { server, refused } = create(order);
    const path = await openToAll(server);
    const conversation = `GET /taken HTTP/1.1\r\nHost: a\r\n\r\n${REQUEST.replace("/", "/answered")}`;
    // Refused before, between and after hijacked connections: hijacking changes the server, but not the gate.
    for (const expected of [1, 2]) {
      expect((await visit(path, REQUEST)).received).toBe("");
      const socket = connect(path);
      socket.write(conversation);
      expect(await text(socket)).toMatch(
        /^HTTP\/1\.1 200 OK\r\nContent-Length: 7\r\n\r\nby handHTTP\/1\.1 200 OK\r\n[^]*by the server$/,
      );
      expect(refused).toHaveLength(expected);
    }
    expect((await visit(path, REQUEST)).received).toBe("");
    expect(refused).toEqual([VISITOR.uid, VISITOR.uid, VISITOR.uid]);
    await until(() => getTracker(server)?.size === 0);
  });
});

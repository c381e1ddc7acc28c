// A page that sends what a test wants: frames, or anything else.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PageFrame, PageRow } from "../../../src/page/protocol";

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface FakePage {
  /** The path of its Unix socket, or its address. */
  readonly address: string;
  readonly requests: readonly IncomingMessage[];
  close(): Promise<void>;
}

export async function listenFakePage(answer: Answer, isUnix = true): Promise<FakePage> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-top-"));
  const path = join(folder, "page.sock");
  await new Promise<void>((resolve) => {
    if (isUnix) server.listen(path, resolve);
    else server.listen(0, "127.0.0.1", resolve);
  });
  return {
    address: isUnix ? path : `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}

/** Sends the frames one after the other, the last one again and again. */
export function sendFrames(...frames: readonly unknown[]): Answer {
  return (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    let index = 0;
    const send = (): void => {
      response.write(`event: frame\ndata: ${JSON.stringify(frames[Math.min(index++, frames.length - 1)])}\n\n`);
    };
    send();
    const timer = setInterval(send, 300);
    response.on("close", () => clearInterval(timer));
  };
}

export const ROW: PageRow = {
  id: 1,
  remote: "192.0.2.7:50123",
  local: "198.51.100.1:443",
  protocol: "http/1.1",
  state: "active",
  ageMs: 65_000,
  requestsServed: 12,
  requestsInFlight: 1,
  path: "/reports/2026",
  rttMs: 84.2,
  minRttMs: 80.1,
  sndCwndBytes: 14_480,
  deliveryRateBytesPerSecond: 171_000,
  sentBytesPerSecond: 170_000,
  receivedBytesPerSecond: 120,
  unackedBytes: 14_480,
  notSentBytes: 880_000,
  unreadBytes: 0,
  retransmittedSegments: 31,
  newlyRetransmittedSegments: 4,
  shares: { applicationMs: 0, receiverMs: 50, sendBufferMs: 0, networkMs: 950 },
  verdict: "lossy",
  cause: "retransmissions",
  sentence: "The path loses 3.1 % of the packets, which limits the speed.",
  peer: null,
};

export const FRAME: PageFrame = {
  version: 1,
  takenAt: "2026-11-30T10:00:00.000Z",
  intervalMs: 1000,
  server: { hostname: "web1", pid: 4242, ports: [443] },
  totals: {
    connections: { new: 0, active: 1, idle: 2, hijacked: 0 },
    openedTotal: 40,
    closedTotal: 37,
    closedByReason: { "client-closed": 37 },
    requestsInFlight: 1,
    sentBytesPerSecond: 171_000,
    receivedBytesPerSecond: 4300,
    rttMs: { p50: 12, p90: 84.2, p99: 84.2 },
    retransmissionRatio: 0.031,
    acceptQueue: { length: 3, limit: 511, droppedSyns: 7 },
  },
  order: "trouble",
  descending: true,
  rows: [
    ROW,
    {
      ...ROW,
      id: 2,
      remote: "[2001:db8::1:7]:41000",
      protocol: "h2",
      state: "idle",
      ageMs: 3_700_000,
      requestsServed: 1234,
      requestsInFlight: 0,
      path: null,
      rttMs: 12,
      minRttMs: 11.5,
      sndCwndBytes: 140_000,
      sentBytesPerSecond: 0,
      notSentBytes: 0,
      unackedBytes: 0,
      retransmittedSegments: 0,
      newlyRetransmittedSegments: 0,
      verdict: "idle",
      cause: null,
      sentence: "Nothing was sent, and nothing waits.",
    },
    {
      ...ROW,
      id: 3,
      remote: "192.0.2.200:50999",
      state: "idle",
      ageMs: 9000,
      requestsServed: 3,
      requestsInFlight: 0,
      path: "/höhe/東京",
      rttMs: 3.25,
      minRttMs: 3,
      notSentBytes: 2_500_000,
      retransmittedSegments: 2,
      newlyRetransmittedSegments: 0,
      verdict: "slow-reader",
      cause: "takes-nothing",
      sentence: "The peer takes nothing: 2.5 MB wait for it.",
    },
  ],
  otherRows: 0,
  recentlyClosed: [],
  detail: null,
};

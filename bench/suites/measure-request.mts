// What measureRequest() costs a tracked node:http server, beside two readings of TCP_INFO by hand, and what a call
// costs in itself.
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { getTcpInfo } from "sockinfo";
import { measureRequest, trackConnections } from "sockinfo/connections";
import type { Measuring } from "../children/measured-server.mts";
import { connectTcp, openKeepAliveClients } from "../connections/clients.mts";
import { compareServers, type Scenario } from "../connections/compare-servers.mts";
import { interleave, timed, type Rounds, type Samples } from "../measure/interleave.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { ratioRow, valueRow, type Section } from "../report/section.mts";
import { describeSlices, sliceRow, sliceRows } from "../report/slice-rows.mts";

const PROGRAM = join(import.meta.dirname, "../children/measured-server.mts");

const BY_HAND = "with two getTcpInfo(socket) by hand in each";
const SERVERS: Readonly<Record<string, readonly [Measuring]>> = {
  "without measureRequest()": ["none"],
  [BY_HAND]: ["by-hand"],
  'with measureRequest(req, { until: "finished" }) in each': ["finished"],
  "with measureRequest(req) in each": ["acked"],
};

const SCENARIO: Scenario = {
  name: "keep-alive",
  counted: "request",
  openClients: openKeepAliveClients.bind(undefined, connectTcp),
};

/** Each request has this many measurements, so that the time is more than that of the request. */
const CALLS = 100;
const ONE_READING = "getTcpInfo(req), in a handler";
const ONE_CALL = "measureRequest(req), the call alone";

export async function measureRequestCost({ http: size, refusals }: SampleSize): Promise<Section> {
  const slices = await compareServers(PROGRAM, SERVERS, SCENARIO, size);
  const calls = await timeCalls(refusals);
  const metric = "cpuTime";
  return {
    title: "measureRequest()",
    about: `A node:http server with a tracker that answers "ok". ${describeSlices(size)}`,
    rows: [
      ...sliceRows(SCENARIO, slices),
      ...Object.keys(SERVERS)
        .slice(2)
        .map((server) => sliceRow(SCENARIO, slices, { metric, server, base: BY_HAND })),
      valueRow(ONE_READING, calls[ONE_READING]),
      ratioRow(ONE_CALL, calls[ONE_CALL], { name: ONE_READING, samples: calls[ONE_READING] }),
    ],
  };
}

/** Each sample is taken in the handler of a new request on one keep-alive connection. */
async function timeCalls(rounds: Rounds): Promise<Samples<typeof ONE_READING | typeof ONE_CALL>> {
  const server = http.createServer();
  const tracker = trackConnections(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const inHandler = (call: (request: http.IncomingMessage) => unknown) => () => request(server, agent, call);
  try {
    return await interleave(
      {
        [ONE_READING]: inHandler(getTcpInfo),
        [ONE_CALL]: inHandler((incoming) => void measureRequest(incoming).catch(console.error)),
      },
      rounds,
    );
  } finally {
    agent.destroy();
    tracker.close();
    server.close();
  }
}

/** Makes one request, and `CALLS` calls in its handler. Returns the nanoseconds per call. */
async function request(
  server: http.Server,
  agent: http.Agent,
  call: (request: http.IncomingMessage) => unknown,
): Promise<number> {
  const handled = new Promise<number>((resolve, reject) => {
    server.once("request", (incoming, response) => {
      Promise.resolve(timed(() => call(incoming))(CALLS)).then(resolve, reject);
      response.end("ok");
    });
  });
  const { port } = server.address() as AddressInfo;
  const [answer] = (await once(http.get({ host: "127.0.0.1", port, agent }), "response")) as [http.IncomingMessage];
  await once(answer.resume(), "end");
  return handled;
}

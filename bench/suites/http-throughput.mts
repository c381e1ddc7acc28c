// Requests per second of a node:http server that calls getTcpInfo(req) in each request.
import { join } from "node:path";
import type { TcpInfoReader } from "../children/http-server.mts";
import { connectTcp, openKeepAliveClients } from "../connections/clients.mts";
import { compareServers, type Scenario } from "../connections/compare-servers.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { atLeast, type Section } from "../report/section.mts";
import { describeSlices, sliceRow, sliceRows } from "../report/slice-rows.mts";

const PROGRAM = join(import.meta.dirname, "../children/http-server.mts");

const [WITHOUT, BARE, WITH] = [
  "without sockinfo",
  "with the bare getsockopt from C in each",
  "with getTcpInfo(req) in each",
] as const;

const SERVERS: Readonly<Record<string, readonly [TcpInfoReader]>> = {
  [WITHOUT]: ["none"],
  [BARE]: ["c-loop"],
  [WITH]: ["get-tcp-info"],
};

const SCENARIO: Scenario = {
  name: "keep-alive",
  counted: "request",
  openClients: openKeepAliveClients.bind(undefined, connectTcp),
};

export async function httpThroughput({ http }: SampleSize): Promise<Section> {
  const slices = await compareServers(PROGRAM, SERVERS, SCENARIO, http);
  return {
    title: "getTcpInfo(req) in each request of a node:http server",
    about: `The server only answers "ok", so in any real server the share is smaller. ${describeSlices(http)}`,
    rows: [
      ...sliceRows(SCENARIO, slices, { [WITH]: { rate: atLeast(0.95) } }),
      sliceRow(SCENARIO, slices, { metric: "rate", server: WITH, base: BARE }),
    ],
  };
}

// What getTcpInfo(req) in each request costs a node:http server.
import { join } from "node:path";
import type { TcpInfoReader } from "../children/http-server.mts";
import { connectTcp, openKeepAliveClients } from "../connections/clients.mts";
import { compareServers, type Scenario } from "../connections/compare-servers.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { atMost, type Section } from "../report/section.mts";
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
      ...sliceRows(SCENARIO, slices, { [WITH]: { cpuTime: atMost(1.05) } }),
      sliceRow(SCENARIO, slices, { metric: "cpuTime", server: WITH, base: BARE }),
    ],
  };
}

// What enableCurrentSocket() costs a node:http server, and what a call of getCurrentSocket() costs.
import { join } from "node:path";
import { getCurrentSocket, enableCurrentSocket } from "sockinfo/connections";
import type { CurrentSocketUse } from "../children/current-socket-server.mts";
import { connectTcp, openKeepAliveClients } from "../connections/clients.mts";
import { compareServers, type Scenario } from "../connections/compare-servers.mts";
import { withLiveRequest } from "../connections/live-request.mts";
import { interleave, timed, type Rounds } from "../measure/interleave.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { valueRow, type Section } from "../report/section.mts";
import { describeSlices, sliceRows } from "../report/slice-rows.mts";

const PROGRAM = join(import.meta.dirname, "../children/current-socket-server.mts");

const SERVERS: Readonly<Record<string, readonly [CurrentSocketUse]>> = {
  "without enableCurrentSocket()": ["off"],
  "with enableCurrentSocket()": ["enabled"],
  "with it and getCurrentSocket() in each": ["called"],
};

const SCENARIO: Scenario = {
  name: "keep-alive",
  counted: "request",
  openClients: openKeepAliveClients.bind(undefined, connectTcp),
};

export async function currentSocketCost({ oneConnection, http }: SampleSize): Promise<Section> {
  const slices = await compareServers(PROGRAM, SERVERS, SCENARIO, http);
  return {
    title: "enableCurrentSocket() and getCurrentSocket()",
    about: `A node:http server with an async handler that answers "ok". ${describeSlices(http)}`,
    rows: [
      ...sliceRows(SCENARIO, slices),
      valueRow("getCurrentSocket(), in a handler", await timeCalls(oneConnection)),
    ],
  };
}

/** In a handler, because getCurrentSocket() is faster where there is no current socket. */
async function timeCalls(rounds: Rounds): Promise<readonly number[]> {
  const currentSocket = enableCurrentSocket();
  try {
    const { call } = await withLiveRequest(() => interleave({ call: timed(getCurrentSocket) }, rounds));
    return call;
  } finally {
    currentSocket.close();
  }
}

// The lines in docs/logging.md have the keys of real lines, in their order.
import { trackConnections } from "sockinfo/connections";
import { describeConnection, describeTcp } from "sockinfo/logging";
import { expect, onTestFinished, test } from "vitest";
import { snippetsOf } from "../helpers/docs";
import { connect } from "../helpers/http-clients";
import { makeServer, open } from "../helpers/http-servers";
import { lacks } from "../helpers/needs";
import { until } from "../helpers/servers";

type Line = Readonly<Record<string, unknown>> & { readonly tcp?: object; readonly res?: { readonly tcp?: object } };

const lines = snippetsOf("docs/logging.md")
  .filter(({ language }) => language === "json")
  .flatMap(({ code }) => code.trim().split("\n"))
  .map((line) => JSON.parse(line) as Line);
const tcpOf = ({ tcp, res }: Line): object | undefined => tcp ?? res?.tcp;

/** The line of the last request of a connection, when its client has gone, and the line of the connection. */
async function realLines(): Promise<[object, object]> {
  const seen: object[] = [];
  const server = makeServer("http", (req, res) => {
    if (req.url === "/") return res.end("ok");
    res.on("close", () => seen.push(describeTcp(req) ?? {}));
    return client.wire.resetAndDestroy();
  });
  const tracker = trackConnections(server).on("closed", (connection) => seen.push(describeConnection(connection)));
  onTestFinished(() => tracker.close());
  const client = await connect(await open(server), "http");
  await client.get();
  client.send("/reset");
  await until(() => seen.length === 2);
  return seen.toSorted((one, other) => Object.keys(one).length - Object.keys(other).length) as [object, object];
}

test.skipIf(lacks("linux"))("the documented lines have the keys of real ones", async () => {
  const [request, connection] = await realLines();
  const documented = lines.map(tcpOf).filter((tcp) => tcp !== undefined);
  expect(documented).toHaveLength(4);
  for (const tcp of documented) {
    const known = Object.keys(request).filter((key) => key in tcp);
    expect(Object.keys(tcp)).toEqual(known);
    // The delivery rate comes with the second request, and the reason at the end.
    expect(known.length).toBeGreaterThanOrEqual(Object.keys(request).length - 2);
  }
  const [line, ...others] = lines.filter((each) => "connectionState" in each);
  expect(others).toEqual([]);
  expect(Object.keys(line ?? {})).toEqual(Object.keys(connection));
});

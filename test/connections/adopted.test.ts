// Connections that were there before the tracker: told like any other from then on.
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import type { Server } from "node:net";
import { trackConnections, type Connection } from "sockinfo/connections";
import { expect, onTestFinished, test } from "vitest";
import { makeCertificate } from "../helpers/certificate";
import { lacks } from "../helpers/needs";
import { listen, portOf } from "../helpers/servers";

const answer: http.RequestListener = (_, res) => void res.end();

const OPEN = {
  http: () => ({ server: http.createServer(answer), client: http }),
  https: () => ({ server: https.createServer(makeCertificate(), answer), client: https }),
};

/** Has a connection kept alive by its agent, and a way to use it again. */
async function withIdleConnection(
  server: Server,
  client: typeof http | typeof https,
): Promise<{ request: () => Promise<void>; end: () => void }> {
  await listen(server);
  const agent = new client.Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const request = async (): Promise<void> => {
    const asked = client.get({ host: "127.0.0.1", port: portOf(server), agent, rejectUnauthorized: false } as object);
    const [response] = (await once(asked, "response")) as [http.IncomingMessage];
    await once(response.resume(), "close");
  };
  await request();
  return { request, end: () => agent.destroy() };
}

test.skipIf(lacks("openssl")).for(["http", "https"] as const)("over %s, ended by the client", async (kind) => {
  const { server, client } = OPEN[kind]();
  const { request, end } = await withIdleConnection(server, client);
  const tracker = trackConnections(server);
  onTestFinished(() => tracker.close());
  const closed = once(tracker, "closed") as Promise<[Connection]>;
  const [connection] = [...tracker];

  const idle = once(tracker, "idle");
  await Promise.all([request(), idle]);
  expect(connection).toMatchObject({ adopted: true, state: "idle", requests: { served: 1, inFlight: 0 } });
  expect(connection?.tlsSocket !== undefined).toBe(kind === "https");

  end();
  expect(await closed).toEqual([connection]);
  expect(connection).toMatchObject({ state: "closed", closeReason: "client-end", closeError: undefined });
});

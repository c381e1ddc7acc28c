// registerMetrics takes the real prom-client, and refuses what is not it.
import * as client from "prom-client";
import { trackConnections } from "sockinfo/connections";
import { registerMetrics } from "sockinfo/prometheus";
import { createServer } from "node:http";

const server = createServer();
const tracker = trackConnections(server, { context: () => ({ user: "a" }) });

registerMetrics(tracker, { client }).close();
registerMetrics(tracker, { client, register: client.register, prefix: undefined, classify: undefined });
registerMetrics(tracker, { client, register: new client.Registry() });
registerMetrics(tracker, { client, register: new client.AggregatorRegistry() });
registerMetrics(tracker, { client, classify: ({ context }) => context.user });
registerMetrics(trackConnections(server), { client, classify: ({ remote }) => remote?.family ?? "none" });
{
  using registration = registerMetrics(tracker, { client });
  registration.close();
}

// @ts-expect-error -- no client
registerMetrics(tracker, {});
// @ts-expect-error -- no options
registerMetrics(tracker);
// @ts-expect-error -- not a tracker
registerMetrics(server, { client });
// @ts-expect-error -- not the module
registerMetrics(tracker, { client: client.register });
// @ts-expect-error -- not a register
registerMetrics(tracker, { client, register: new Map() });
// @ts-expect-error -- not a string
registerMetrics(tracker, { client, classify: () => 5 });
// @ts-expect-error -- an unknown key
registerMetrics(tracker, { client, labels: ["a"] });

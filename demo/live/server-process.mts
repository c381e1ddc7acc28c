// The process of the demo's server, in the namespace of the paths if there is one. It starts the clients, and owns the
// terminal. The parent sends a ServerStart.
import { fork } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { trackConnections } from "sockinfo/connections";
import type { ClientsStart } from "./clients-process.mts";
import { DemoClient } from "./demo-client.mts";
import { NetworkPath } from "./network-path.mts";
import { openPage } from "./page.mts";
import { PLANS_ON_LOOPBACK, PLANS_WITH_PATHS } from "./plans.mts";
import { createDemoServer } from "./server.mts";
import { Terminal } from "./terminal.mts";
import { Verdicts } from "./verdicts.mts";

export interface ServerStart {
  readonly folder: string;
  readonly pagePort: number;
  /** The program of network-path.cc. Then this process is in a namespace of its own. */
  readonly program?: string;
  /** Why there are no paths. */
  readonly reason?: string;
}

const PORT_IN_NAMESPACE = 8080;
const RENEW_MS = 1000;

const [{ folder, pagePort, program, reason }, door] = (await once(process, "message")) as [ServerStart, Server?];
const plans = program === undefined ? PLANS_ON_LOOPBACK : PLANS_WITH_PATHS;

const verdicts = new Verdicts();
const server = createDemoServer(plans, (index, socket) => {
  verdicts.follow(index, socket);
  clients[index]?.begin();
});
const tracker = trackConnections(server, { afterClose: true });
if (program === undefined) server.listen(0, "127.0.0.1");
else server.listen(PORT_IN_NAMESPACE, "0.0.0.0");
await once(server, "listening");
const { port } = server.address() as AddressInfo;

const paths = await Promise.all(
  plans.map(async ({ path }, index) =>
    program && path ? NetworkPath.open(program, index + 1, port, path) : undefined,
  ),
);
// Without the terminal, whose settings Node restores at the end of every process that has it.
const clientsProcess = fork(join(import.meta.dirname, "clients-process.mts"), {
  stdio: ["ignore", "ignore", "pipe", "ipc"],
});
clientsProcess.stderr?.pipe(process.stderr);
const clientsStart: ClientsStart = {
  clients: plans.map((plan, index) => ({ plan, port, host: paths[index] ? `10.9.${index + 1}.2` : "127.0.0.1" })),
};
clientsProcess.send(clientsStart);
const clients = plans.map(
  (plan, index) => new DemoClient(plan, paths[index], (order) => void clientsProcess.send({ client: index, ...order })),
);

const page = await openPage(tracker, folder, pagePort, door);
const terminal = new Terminal({ page, clients, verdicts, reason, end: () => process.exit() });
setInterval(() => {
  verdicts.renew();
  terminal.show();
}, RENEW_MS);

// The paths and the clients end with this process, because their pipes close.
process.on("exit", () => {
  rmSync(folder, { recursive: true, force: true });
  terminal.close();
});
process.on("uncaughtException", (error) => {
  terminal.close();
  console.error(error);
  process.exit(1);
});
process.on("disconnect", () => process.exit());
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit());

// The clients of the demo, in a process of their own, which ends with its parent. The parent sends a ClientsStart
// first, then ClientOrders.
import { once } from "node:events";
import http from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { type ClientPlan, urlOf } from "./plans.mts";

export interface ClientsStart {
  readonly clients: readonly { readonly plan: ClientPlan; readonly host: string; readonly port: number }[];
}

/** `reads` stops a client's reading, or lets it read on. `reconnect` closes its connection and makes a new one. */
export type ClientOrder =
  | { readonly client: number; readonly reads: boolean }
  | { readonly client: number; readonly reconnect: true };

const RETRY_MS = 300;

class Client {
  readonly #plan: ClientPlan;
  readonly #target: { readonly host: string; readonly port: number; readonly path: string };
  #connection = new AbortController();
  #reads = true;
  #readOn = (): void => {};

  constructor(plan: ClientPlan, host: string, port: number) {
    this.#plan = plan;
    this.#target = { host, port, path: urlOf(plan) };
  }

  async run(): Promise<never> {
    for (;;) {
      this.#connection = new AbortController();
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      try {
        for (;;) await this.#askAndPause(agent, this.#connection.signal);
      } catch {
        agent.destroy();
        await wait(RETRY_MS);
      }
    }
  }

  read(reads: boolean): void {
    this.#reads = reads;
    this.#readOn();
  }

  reconnect(): void {
    this.#connection.abort();
    this.read(true);
  }

  async #askAndPause(agent: http.Agent, signal: AbortSignal): Promise<void> {
    const { readsBytesPerSecond = Infinity, stopsAfterBytes = Infinity, pauseMs = 0 } = this.#plan;
    const [response] = (await once(http.get({ ...this.#target, agent, signal }), "response")) as [http.IncomingMessage];
    let readBytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (readBytes < stopsAfterBytes && readBytes + chunk.length >= stopsAfterBytes) this.#reads = false;
      readBytes += chunk.length;
      while (!this.#reads) await new Promise<void>((resolve) => (this.#readOn = resolve));
      if (readsBytesPerSecond < Infinity) await wait((chunk.length / readsBytesPerSecond) * 1000);
    }
    await wait(pauseMs, undefined, { signal });
  }
}

process.on("disconnect", () => process.exit());
// The terminal sends it to all processes. The parent ends this one.
process.on("SIGINT", () => {});
const [start] = (await once(process, "message")) as [ClientsStart];
const clients = start.clients.map(({ plan, host, port }) => new Client(plan, host, port));
process.on("message", (order: ClientOrder) => {
  const client = clients[order.client];
  if ("reads" in order) client?.read(order.reads);
  else client?.reconnect();
});
await Promise.all(clients.map((client) => client.run()));

// A tracked HTTP server with a watcher, and clients whose behaviour is the truth about their connections.
import { once } from "node:events";
import http from "node:http";
import { createConnection, type Server, type Socket } from "node:net";
import {
  type Connection,
  type ConnectionTracker,
  type HealthCondition,
  type HealthDetails,
  type HealthWatcher,
  trackConnections,
  watchHealth,
  type WatchHealthOptions,
} from "sockinfo/connections";
import { onTestFinished } from "vitest";
import { listen, portOf, until } from "../../helpers/servers";

/** The shortest pause that is allowed, so that tests are short. */
export const EVERY_MS = 1000;
const CHUNK = Buffer.alloc(64 * 1024, "x");

/** What each path answers. Everything is endless except "/". */
export const handle: http.RequestListener = (req, res) => {
  const repeat = (ms: number, run: () => void): void => {
    const timer = setInterval(run, ms);
    res.once("close", () => clearInterval(timer));
  };
  const fill = (): void => {
    while (!res.destroyed && res.write(CHUNK));
  };
  if (req.url === "/bulk") {
    // As much as the connection takes.
    fill();
    res.on("drain", fill);
  }
  // 2.5 MB a second, in parts that fit into the smallest window of a client that reads.
  else if (req.url === "/stream") repeat(20, () => res.write(CHUNK.subarray(0, 50_000)));
  // Without regard to back-pressure, 20 MB in all.
  else if (req.url === "/flood") for (let sent = 0; sent < 20_000_000; sent += CHUNK.length) res.write(CHUNK);
  // Ten small events a second.
  else if (req.url === "/events") repeat(100, () => res.write("data: tick\n\n"));
  else if (req.url === "/") res.end("ok");
};

/** One event of a watcher. */
export interface Told {
  readonly event: "began" | "ended";
  readonly connection: Connection;
  readonly condition: HealthCondition;
  readonly details: HealthDetails | undefined;
}

export class Watch {
  readonly told: Told[] = [];
  readonly watcher: HealthWatcher<unknown>;

  constructor(tracker: ConnectionTracker<unknown>, options: WatchHealthOptions = {}) {
    this.watcher = watchHealth(tracker, { everyMs: EVERY_MS, ...options });
    onTestFinished(() => this.watcher.close());
    for (const event of ["began", "ended"] as const) {
      this.watcher.on(event, (connection: Connection, condition: HealthCondition, details?: HealthDetails) => {
        this.told.push({ event, connection, condition, details });
      });
    }
  }

  /** What was told about one client: "began slow-reader". */
  about(client: Socket): string[] {
    const own = this.told.filter(({ connection }) => isOf(connection, client));
    return own.map(({ event, condition }) => `${event} ${condition}`);
  }

  find(client: Socket, event: "began" | "ended", condition: HealthCondition): Told | undefined {
    return this.told.find(
      (told) => told.event === event && told.condition === condition && isOf(told.connection, client),
    );
  }

  /** Waits for an event about a client. */
  async next(client: Socket, event: "began" | "ended", condition: HealthCondition): Promise<Told> {
    await until(() => this.find(client, event, condition) !== undefined);
    return this.find(client, event, condition) as Told;
  }
}

export function isOf(connection: Connection, client: Socket): boolean {
  return connection.remote?.family !== "unix" && connection.remote?.port === client.localPort;
}

export interface Scene {
  readonly server: Server;
  readonly tracker: ConnectionTracker<unknown>;
  readonly watch: Watch;
  /** A client that has sent its request, and reads the answer only if told so. */
  ask(path: string): Promise<Socket>;
}

const makeServer = (): Server => http.createServer({ keepAliveTimeout: 0 }, handle);

export async function begin(options?: WatchHealthOptions, server: Server = makeServer()): Promise<Scene> {
  const tracker = trackConnections(server);
  onTestFinished(() => tracker.close());
  await listen(server);
  const ask = async (path: string): Promise<Socket> => {
    const client = createConnection({ port: portOf(server), host: "127.0.0.1", allowHalfOpen: true });
    onTestFinished(() => void client.destroy());
    client.pause().on("error", () => {});
    await once(client, "connect");
    client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    return client;
  };
  return { server, tracker, watch: new Watch(tracker, options), ask };
}

// Node's methods and time limits end the same connections on a server with hijacking as on a plain one in the same
// run.
import { once } from "node:events";
import type { RequestListener, Server, ServerOptions } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { enableHijack, hijack, release } from "sockinfo/hijack";
import { expect, test } from "vitest";
import { dial } from "../helpers/http-clients";
import { makeServer, open } from "../helpers/http-servers";
import { until } from "../helpers/servers";

const get = (path: string, headers = ""): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;

/** What a connection has sent when the server is to end it. The second text is sent once the first is answered. */
const STATES: Readonly<Record<string, readonly [string, string?]>> = {
  "nothing sent": [""],
  "half a request": ["GET / HT"],
  "half a body": ["POST /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"],
  "being answered": [get("/wait")],
  "being answered, with an ignored Upgrade": [get("/wait", "Connection: Upgrade\r\nUpgrade: x\r\n")],
  "being answered, the next one there": [get("/wait") + get("/")],
  idle: [get("/")],
  "idle, half a request": [get("/"), "GET / HT"],
  released: [get("/raw")],
  "released, half a request": [get("/raw"), "GET / HT"],
  "released, half a body": [get("/raw"), "POST /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"],
  "released, being answered": [get("/raw"), get("/wait")],
  "released, idle": [get("/raw"), get("/")],
};

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

const byNode: RequestListener = (request, response) => {
  if (request.url !== "/wait") response.end();
};

const byOwner: RequestListener = async (request, response) => {
  if (request.url !== "/raw") return byNode(request, response);
  const { socket, head } = await hijack(request, response);
  socket.write(OK);
  return release(socket, head);
};

/** The outcome for each connection: whether it was closed, and the status of its last answer. */
type Fates = Readonly<Record<string, string>>;

async function fatesOn(isEnabled: boolean, { options, timeout = 0, end }: Way): Promise<Fates> {
  const server = makeServer("http", isEnabled ? byOwner : byNode, { ...NO_LIMITS, ...options }) as Server;
  server.timeout = timeout;
  if (isEnabled) enableHijack(server);
  const accepted: Socket[] = [];
  server.on("connection", (socket) => accepted.push(socket));
  await open(server);
  let sentBytes = 0;
  const fates: Record<string, string> = {};
  const clients: Socket[] = [];
  for (const [name, [first, second = ""]] of Object.entries(STATES)) {
    fates[name] = "open";
    const client = await dial(server);
    clients.push(client);
    client.on("data", (data: Buffer) => (fates[name] = `open, ${data.toString().slice(9, 12)}`));
    client.on("close", () => (fates[name] = (fates[name] as string).replace("open", "closed")));
    client.write(first);
    sentBytes += first.length + second.length;
    if (second === "") continue;
    await once(client, "data");
    client.write(second);
  }
  await until(() => accepted.reduce((sum, { bytesRead }) => sum + bytesRead, 0) === sentBytes);
  // Handlers and owners act a few turns later.
  await sleep(50);
  await end?.(server);
  await sleep(2 * LIMIT);
  const seen = { ...fates };
  for (const client of clients) client.destroy();
  server.close();
  await until(() => Object.values(fates).every((fate) => fate.startsWith("closed")));
  return seen;
}

interface Way {
  readonly options?: ServerOptions;
  readonly timeout?: number;
  readonly end?: (server: Server) => unknown;
  /** Some states that it must end, so that two servers which end nothing do not pass. */
  readonly ends: readonly string[];
}

const LIMIT = 400;
const NO_LIMITS: ServerOptions = {
  headersTimeout: 0,
  requestTimeout: 0,
  keepAliveTimeout: 0,
  connectionsCheckingInterval: 20,
};

const WAYS: Readonly<Record<string, Way>> = {
  "closeAllConnections()": { end: (server) => server.closeAllConnections(), ends: Object.keys(STATES) },
  "closeIdleConnections()": { end: (server) => server.closeIdleConnections(), ends: ["idle", "released"] },
  "close()": { end: (server) => server.close(), ends: ["idle", "released, idle"] },
  headersTimeout: {
    end: (server) => (server.headersTimeout = LIMIT),
    ends: ["half a request", "released, half a request"],
  },
  requestTimeout: {
    end: (server) => (server.requestTimeout = LIMIT),
    ends: ["half a body", "released, half a body"],
  },
  // Node 20 always adds a second.
  keepAliveTimeout: {
    options: { keepAliveTimeout: LIMIT, keepAliveTimeoutBuffer: 0 } as ServerOptions,
    end: () => sleep(1000),
    ends: ["idle", "released", "released, idle"],
  },
  timeout: { timeout: LIMIT, ends: ["nothing sent", "being answered", "released, being answered"] },
};

// All ways at the same time, because they only wait.
test("each way of ending connections ends the same ones on both servers", async () => {
  const outcomes = await Promise.all(
    Object.entries(WAYS).map(async ([name, way]) => {
      return [name, way, await Promise.all([fatesOn(false, way), fatesOn(true, way)])] as const;
    }),
  );
  for (const [name, { ends }, [plain, enabled]] of outcomes) {
    expect({ [name]: enabled }).toEqual({ [name]: plain });
    for (const state of ends)
      expect([name, state, enabled[state]]).toEqual([name, state, expect.stringMatching(/^closed/)]);
  }
});

// One case on one server, and what could be seen of it.
import http, { type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { enableHijack } from "sockinfo/hijack";
import type { Message, Setup } from "./bytes.mts";
import { type Exchange, handle } from "./handlers.mts";
import { type Link, openLink } from "./link.mts";
import type { Plan } from "./plans.mts";

/** What a moment of a case looks like. Two servers that behave alike have equal ones. */
export interface Moment {
  readonly exchanges: readonly ReturnType<typeof viewOf>[];
  readonly received: string;
  readonly endedBy: string;
  readonly isServerOpen: boolean;
}

export interface Outcome {
  /** When all is sent; when the client has left, in its own way or by FIN; after a reset. */
  readonly moments: readonly Moment[];
  readonly sentBytes: number;
  /** Answers to a client of another connection of the process. */
  readonly witness: string;
}

/** `bodyEnd` is infinite where only the client's end is the body's. */
export interface Place {
  readonly key: string;
  readonly headEnd: number;
  bodyEnd: number;
}

const ENABLE_OPTIONS = process.env["DESYNC_ENABLE_OPTIONS"];
/** For everything that the servers do after the last byte, and for TCP to deliver it. */
const SETTLE_TURNS = { memory: 10, tcp: 16 };
const TUNNEL_TURNS = 4;
const WITNESS = "GET /do-answer HTTP/1.1\r\nHost: a\r\n\r\n";

type Kind = "plain" | "enabled" | "silent";
const servers = new Map<string, Server>();
const exchangesOf = new WeakMap<Duplex, Exchange[]>();

export async function run(kind: "plain" | "enabled", { bytes, setup }: Message, plan: Plan): Promise<Outcome> {
  const server = serverFor(kind, setup);
  const link = await openLink(server, plan.transport);
  const moments: Moment[] = [];
  const settle = async () => {
    await turns(SETTLE_TURNS[plan.transport]);
    moments.push(momentOf(link));
  };
  await send(link, bytes.subarray(0, plan.sentBytes), plan);
  await settle();
  if (plan.end === "reset") link.reset(Buffer.alloc(0));
  else if (!link.client.writableEnded && !link.client.destroyed) link.client.end();
  await settle();
  link.reset(Buffer.alloc(0));
  await settle();
  link.client.destroy();
  link.socket.destroy();
  const witness = moments.at(-1)?.exchanges.some(({ asked }) => asked) ? await askWitness(server) : "";
  return { moments, sentBytes: link.sentBytes, witness };
}

async function send(link: Link, bytes: Buffer, { cuts, end, turnsBetween }: Plan): Promise<void> {
  const ends = [...cuts, bytes.length];
  for (const [index, to] of ends.entries()) {
    const segment = bytes.subarray(ends[index - 1] ?? 0, to);
    // Where the server has ended, a client sends nothing more.
    if (!link.client.writable) return;
    link.sentBytes = to;
    const isLast = to === bytes.length;
    if (isLast && end === "reset-at-once") return link.reset(segment);
    link.client.write(segment);
    if (isLast && end === "fin-at-once") link.client.end();
    if (!isLast && turnsBetween > 0) await turns(turnsBetween);
  }
}

/** Where the headers and the body of each request end, by Node's own parser, which gets one byte at a time and never answers. */
export async function measure({ bytes, setup }: Message): Promise<Place[]> {
  const link = await openLink(serverFor("silent", setup), "memory");
  const exchanges = exchangesOf.get(link.socket) ?? [];
  const places: Place[] = [];
  for (let sent = 1; sent <= bytes.length && link.client.writable; sent++) {
    await turns(1);
    link.client.write(bytes.subarray(sent - 1, sent));
    // A lenient parser ends lines at a bare CR, too, but only when it sees what follows.
    const lineEnd = bytes[sent - 1] === 0x0a ? sent : sent - 1;
    const earlier = places.length;
    for (const { request } of exchanges.slice(earlier)) {
      places.push({ key: `${request.method} ${request.url}`, headEnd: lineEnd, bodyEnd: Infinity });
    }
    for (const [index, place] of places.entries()) {
      const { request } = exchanges[index] ?? {};
      if (!request?.complete || place.bodyEnd !== Infinity) continue;
      const isCounted = request.headers["transfer-encoding"] === undefined && index < earlier;
      place.bodyEnd = isCounted ? sent : lineEnd;
    }
  }
  link.client.destroy();
  link.socket.destroy();
  return places;
}

async function askWitness(server: Server): Promise<string> {
  const link = await openLink(server, "memory");
  for (let count = 0; count < 2; count++) {
    await turns(1);
    link.client.write(WITNESS);
  }
  await turns(3);
  link.client.destroy();
  link.socket.destroy();
  return link.received;
}

function serverFor(kind: Kind, setup: Setup): Server {
  const key = kind + JSON.stringify(setup);
  let server = servers.get(key);
  if (!server) servers.set(key, (server = makeServer(kind, setup)));
  return server;
}

function makeServer(kind: Kind, setup: Setup): Server {
  const { insecureHTTPParser } = setup;
  const server = http.createServer({ insecureHTTPParser, requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 });
  server.maxRequestsPerSocket = setup.maxRequestsPerSocket;
  if (setup.maxHeadersCount !== undefined) server.maxHeadersCount = setup.maxHeadersCount;
  Object.assign(server, { httpAllowHalfOpen: setup.httpAllowHalfOpen });
  server.on("connection", (socket: Duplex) => exchangesOf.set(socket, []));
  const begin = (event: string) => (request: IncomingMessage, response: ServerResponse) => {
    const exchange = noteExchange(event, kind === "enabled", request, response);
    if (event === "checkContinue" && kind !== "silent" && /read|end|data|wait/.test(request.url ?? "")) {
      response.writeContinue();
    }
    if (kind === "silent") request.resume();
    else handle(exchange);
  };
  const tunnel = (event: string) => (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const exchange = noteExchange(event, kind === "enabled", request, undefined);
    exchange.body = head.toString("latin1");
    socket.on("error", (error) => socket.destroy(error));
    socket.on("data", (data: Buffer) => (exchange.body += data.toString("latin1")));
    socket.on("end", () => socket.end());
    if (kind === "silent") return;
    // Behind the answers to earlier requests, which owners write a little later than Node does.
    void turns(TUNNEL_TURNS).then(() => socket.writable && socket.write("HTTP/1.1 101 Switching\r\n\r\n"));
  };
  server.on("request", begin("request"));
  if (setup.continueListener) server.on("checkContinue", begin("checkContinue"));
  if (setup.upgradeListener) server.on("upgrade", tunnel("upgrade"));
  if (setup.connectListener) server.on("connect", tunnel("connect"));
  if (kind === "enabled") {
    (enableHijack as (...parameters: unknown[]) => void)(
      server,
      ...(ENABLE_OPTIONS ? [JSON.parse(ENABLE_OPTIONS)] : []),
    );
  }
  return server;
}

function noteExchange(
  event: string,
  isEnabled: boolean,
  request: IncomingMessage,
  response: ServerResponse | undefined,
): Exchange {
  const exchange: Exchange = {
    event,
    request,
    response,
    isEnabled,
    events: [],
    body: "",
    asked: undefined,
    outcome: undefined,
    codes: [],
    owned: "",
    ownedEnd: undefined,
  };
  if (response) response.sendDate = false;
  const note = (what: string) => () => void exchange.events.push(what);
  for (const name of ["end", "aborted", "error", "close"]) request.on(name, note(`request ${name}`));
  for (const name of ["finish", "error", "close"]) response?.on(name, note(`response ${name}`));
  exchangesOf.get(request.socket)?.push(exchange);
  return exchange;
}

function momentOf({ socket, received, endedBy }: Link): Moment {
  return {
    exchanges: (exchangesOf.get(socket) ?? []).map(viewOf),
    received: received.replaceAll(/Date: .*?\r\n/g, ""),
    endedBy,
    isServerOpen: !socket.closed,
  };
}

function viewOf({ request, event, body, asked, outcome, owned, ownedEnd, events, codes }: Exchange) {
  const { method, url, rawHeaders, rawTrailers, complete, aborted, httpVersion } = request;
  return {
    request: { event, method, url, httpVersion, rawHeaders: [...rawHeaders] },
    event,
    body,
    asked,
    outcome,
    owned,
    ownedEnd,
    end: { rawTrailers: [...rawTrailers], complete, aborted, events: events.join(", ") },
    codes: [...codes],
  };
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

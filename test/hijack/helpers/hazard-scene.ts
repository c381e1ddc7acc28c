// An enabled server, and helpers that hijack its connections or collect refusals.
import { once } from "node:events";
import type { IncomingMessage, RequestListener, Server, ServerOptions, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { SocketInfoError } from "sockinfo";
import { enableHijack, hijack, type Hijacked } from "sockinfo/hijack";
import { onTestFinished } from "vitest";
import { connectHttp1, type Http1Client } from "../../helpers/http-clients";
import { makeServer, open, type Kind } from "../../helpers/http-servers";
import { socketPath } from "../../helpers/servers";

export type Exchange = readonly [req: IncomingMessage, res: ServerResponse];

/** Before the handler goes on to something asynchronous, or after that. */
export const WHEN = ["early", "late"] as const;
export type When = (typeof WHEN)[number];

export const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function serve(kind: Kind, handler: RequestListener = () => {}, options?: ServerOptions): Promise<Server> {
  const server = makeServer(kind, handler, options) as Server;
  enableHijack(server);
  return open(server, kind);
}

/** Without the listeners for errors of sockets that `serve` adds. */
export async function serveBare(kind: Kind, handler: RequestListener = () => {}): Promise<Server> {
  const server = makeServer(kind, handler) as Server;
  enableHijack(server);
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => void sockets.add(socket));
  server.listen(kind === "unix" ? { path: socketPath() } : { host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return server;
}

/** Not `once()` of node:events, which also listens for errors. */
export function closeOf(emitter: NodeJS.EventEmitter): Promise<unknown> {
  return new Promise((resolve) => emitter.once("close", resolve));
}

/** The code of a refusal, if it is one of ours. */
export async function refusalOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return "not refused";
  } catch (error) {
    return error instanceof SocketInfoError ? error.code : `another error: ${String(error)}`;
  }
}

/** Hijacks the connection of the next request of `server`, early. */
export async function takeNext(
  server: Server,
  client: Http1Client,
  path = "/",
): Promise<Hijacked & { readonly req: IncomingMessage; readonly res: ServerResponse }> {
  const taking = new Promise<Exchange & { readonly taken?: Promise<Hijacked> }>((resolve) => {
    server.once("request", (req: IncomingMessage, res: ServerResponse) => {
      resolve(Object.assign([req, res] as Exchange, { taken: hijack(req, res) }));
    });
  });
  client.send(path);
  const exchange = await taking;
  const { socket, head } = (await exchange.taken) as Hijacked;
  socket.on("error", () => {});
  return { req: exchange[0], res: exchange[1], socket, head };
}

/** Hijacks a connection of a new server at its first request. */
export async function takeFirst(kind: Kind, options?: ServerOptions) {
  const server = await serve(kind, undefined, options);
  const client = await connectHttp1(server, kind);
  return { server, client, ...(await takeNext(server, client)) };
}

/** Echoes until the client ends. */
export function echo(socket: Socket): void {
  socket.on("error", () => {}).pipe(socket);
}

/** The bytes arrive, both ways. */
export async function converse(socket: Socket, client: Http1Client, text = "ping"): Promise<void> {
  const got = once(socket, "data");
  client.received = "";
  client.stream.write(text);
  const [data] = (await got) as [Buffer];
  socket.write(`<${data.toString()}>`);
  await client.receive(`<${text}>`);
}

/** How many listeners each event has. */
export function countListeners(emitter: NodeJS.EventEmitter): Record<string, number> {
  const names = emitter.eventNames().map(String).toSorted();
  return Object.fromEntries(names.map((name) => [name, emitter.listenerCount(name)]));
}

/** Collects, until the end of the test, what would end the process. */
export function collectUncaught(): unknown[] {
  const uncaught: unknown[] = [];
  const note = (error: unknown): unknown => uncaught.push(error);
  process.on("uncaughtException", note).on("unhandledRejection", note);
  onTestFinished(() => void process.off("uncaughtException", note).off("unhandledRejection", note));
  return uncaught;
}

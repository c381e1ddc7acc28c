// A server on which hijacking is enabled, what its handlers tell of refusals, and clients that count what they get.
import { once } from "node:events";
import type { IncomingMessage, RequestListener, Server, ServerOptions, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { SocketInfoError } from "sockinfo";
import { enableHijack, hijack, type Hijacked } from "sockinfo/hijack";
import { connectHttp1, type Http1Client } from "../../connections/helpers/clients";
import { makeServer, open, type Kind } from "../../connections/helpers/servers";

export type Exchange = readonly [req: IncomingMessage, res: ServerResponse];

/** Before the handler goes on to something asynchronous, or after that. */
export const WHEN = ["early", "late"] as const;
export type When = (typeof WHEN)[number];

export const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function serve(
  kind: Kind,
  handler: RequestListener = () => {},
  options?: ServerOptions,
): Promise<Server> {
  const server = makeServer(kind, handler, options) as Server;
  enableHijack(server);
  return open(server, kind);
}

/** The code of a refusal, and that it is one of ours. */
export async function refusalOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return "not refused";
  } catch (error) {
    return error instanceof SocketInfoError ? error.code : `another error: ${String(error)}`;
  }
}

/** The next request of `server`, its connection taken, and the other side of it. */
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

/** A connection of a new server that was hijacked by its first request. */
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

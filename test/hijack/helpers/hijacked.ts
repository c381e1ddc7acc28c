// Hijacks connections of a server, speaks over them, and collects refusals and uncaught errors.
import { once } from "node:events";
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { SocketInfoError } from "sockinfo";
import { hijack, type Hijacked } from "sockinfo/hijack";
import { onTestFinished } from "vitest";
import { connectHttp1, type Http1Client } from "../../helpers/http-clients";
import type { Http1Kind } from "../../helpers/http-servers";
import { serve } from "./servers";

type Exchange = readonly [req: IncomingMessage, res: ServerResponse];

/** `once()` of node:events would also listen for errors. */
export function closeOf(emitter: NodeJS.EventEmitter): Promise<unknown> {
  return new Promise((resolve) => emitter.once("close", resolve));
}

/** The code with which sockinfo refuses it. */
export async function refusalOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return "not refused";
  } catch (error) {
    return error instanceof SocketInfoError ? error.code : `another error: ${String(error)}`;
  }
}

/** Hijacks early at the next request of `server`. */
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
export async function takeFirst(kind: Http1Kind, options?: ServerOptions) {
  const server = await serve(kind, undefined, options);
  const client = await connectHttp1(server, kind);
  return { server, client, ...(await takeNext(server, client)) };
}

/** Checks that bytes arrive in both directions. */
export async function converse(socket: Socket, client: Http1Client, text = "ping"): Promise<void> {
  const got = once(socket, "data");
  client.received = "";
  client.stream.write(text);
  const [data] = (await got) as [Buffer];
  socket.write(`<${data.toString()}>`);
  await client.receive(`<${text}>`);
}

/** The number of listeners of each event. */
export function countListeners(emitter: NodeJS.EventEmitter): Record<string, number> {
  const names = emitter.eventNames().map(String).toSorted();
  return Object.fromEntries(names.map((name) => [name, emitter.listenerCount(name)]));
}

/** Collects uncaught errors until the end of the test. Without it, they would end the process. */
export function collectUncaught(): unknown[] {
  const uncaught: unknown[] = [];
  const note = (error: unknown): unknown => uncaught.push(error);
  process.on("uncaughtException", note).on("unhandledRejection", note);
  onTestFinished(() => void process.off("uncaughtException", note).off("unhandledRejection", note));
  return uncaught;
}

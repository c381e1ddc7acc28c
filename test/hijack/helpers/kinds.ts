// Servers of every kind on which a connection can be hijacked, and raw clients of them: bytes in, bytes out.
import { once } from "node:events";
import type { RequestListener, Server, ServerOptions } from "node:http";
import type { Duplex } from "node:stream";
import { enableHijack } from "sockinfo/hijack";
import { onTestFinished } from "vitest";
import { dial, secure } from "../../helpers/http-clients";
import { isTls, makeServer, open, type Kind as ListeningKind } from "../../helpers/http-servers";
import { makePair } from "../../helpers/duplex-pair";

/** `duplex` is a stream in memory that was injected, `h2-http1` an http2 server with allowHTTP1. */
export type Kind = "duplex" | Extract<ListeningKind, "http" | "https" | "unix" | "h2-http1">;

export const LISTENING: readonly Exclude<Kind, "duplex">[] = ["http", "https", "unix", "h2-http1"];
export const KINDS: readonly Kind[] = ["duplex", ...LISTENING];

export async function serve(
  kind: Kind,
  handler: RequestListener,
  options: ServerOptions = {},
  { isEnabled = true } = {},
): Promise<Server> {
  const server = makeServer(kind === "duplex" ? "http" : kind, handler, options) as Server;
  if (isEnabled) enableHijack(server);
  return kind === "duplex" ? server : open(server, kind);
}

/** What is written to it is what the server gets, in the same pieces as far as `kind` keeps them. */
export async function connectTo(server: Server, kind: Kind): Promise<Duplex> {
  if (kind === "duplex") return inject(server);
  const wire = await dial(server);
  wire.setNoDelay(true);
  return isTls(kind) ? secure(wire, "http/1.1") : wire;
}

function inject(server: Server): Duplex {
  const [near, far] = makePair();
  for (const end of [near, far]) end.on("error", () => {});
  server.emit("connection", near);
  return far;
}

/** As a socket of the system's, its data comes in the turn in which it was written. */
export function connectInTurn(server: Server): Duplex {
  const [near, far] = makePair();
  server.emit("connection", near);
  near.resume();
  return far;
}

/** All that a client gets, from now on. */
export class Received {
  bytes: Buffer = Buffer.alloc(0);
  isOver = false;
  readonly over: Promise<void>;

  constructor(client: Duplex) {
    client.on("data", (data: Buffer) => (this.bytes = Buffer.concat([this.bytes, data])));
    // Whichever comes; a reset is not an end.
    this.over = Promise.race([once(client, "end"), once(client, "close")]).then(
      () => void (this.isOver = true),
      () => void (this.isOver = true),
    );
    onTestFinished(() => void client.destroy());
  }

  get text(): string {
    return this.bytes.toString("latin1");
  }
}

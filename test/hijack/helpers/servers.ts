// Servers of every kind on which a connection can be hijacked, and clients that send and receive bytes.
import { once } from "node:events";
import type { RequestListener, Server, ServerOptions } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { enableHijack } from "sockinfo/hijack";
import { onTestFinished } from "vitest";
import { dial, secure } from "../../helpers/http-clients";
import { HTTP1, isTls, makeServer, open, type Http1Kind } from "../../helpers/http-servers";
import { makePair } from "../../helpers/duplex-pair";
import { socketPath } from "../../helpers/servers";

/** `duplex` is a stream in memory that the server gets by `emit("connection")`. */
export type Kind = "duplex" | Http1Kind;

export const KINDS: readonly Kind[] = ["duplex", ...HTTP1];

export async function serve(
  kind: Kind,
  handler: RequestListener = () => {},
  options: ServerOptions = {},
  { isEnabled = true } = {},
): Promise<Server> {
  const server = makeServer(kind === "duplex" ? "http" : kind, handler, options) as Server;
  if (isEnabled) enableHijack(server);
  return kind === "duplex" ? server : open(server, kind);
}

/** Starts a server without the listeners for errors of sockets that `serve` adds. */
export async function serveBare(kind: Http1Kind, handler: RequestListener = () => {}): Promise<Server> {
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

/** The server gets what is written to it. The pieces stay the same as far as `kind` keeps them. */
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

/** Like a real socket, it delivers data in the turn in which it was written. */
export function connectInTurn(server: Server): Duplex {
  const [near, far] = makePair();
  server.emit("connection", near);
  near.resume();
  return far;
}

/** Collects all that a client receives from now on. */
export class Received {
  bytes: Buffer = Buffer.alloc(0);
  isOver = false;
  readonly over: Promise<void>;

  constructor(client: Duplex) {
    client.on("data", (data: Buffer) => (this.bytes = Buffer.concat([this.bytes, data])));
    // A reset causes no 'end'.
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

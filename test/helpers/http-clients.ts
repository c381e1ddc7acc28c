// Clients for the servers of http-servers.ts. Each has a socket of its own, `wire`. Its counters of sent and received
// bytes include TLS records and HTTP/2 frames, so tests can compare them with the kernel's counters.
import { once } from "node:events";
import http2 from "node:http2";
import net, { type Server, type Socket } from "node:net";
import tls from "node:tls";
import { onTestFinished } from "vitest";
import { until } from "./servers";
import { isHttp2, isTls, type Kind } from "./http-servers";

/** One connection of a client. */
export interface Client {
  readonly wire: Socket;
  /** Sends a request, without waiting for the response. */
  send(path: string): void;
  /** Sends a request and waits for the whole response, "ok". */
  get(path?: string): Promise<void>;
  /** Waits until the server has received all that was sent. After `get` on HTTP/1 it has. */
  flush(): Promise<void>;
  /** Ends in order: the protocol's own end, if it has one, then FIN. */
  end(): void;
}

/** A connection over TCP or a Unix socket. Nothing is sent on it yet. */
export async function dial(server: Server): Promise<Socket> {
  const address = server.address();
  if (address === null) throw new Error("the server does not listen");
  const wire = typeof address === "string" ? net.connect(address) : net.connect(address.port, "127.0.0.1");
  // Tests check at the server what it did.
  wire.on("error", () => {});
  onTestFinished(() => void wire.destroy());
  await once(wire, "connect");
  return wire;
}

/** TLS over `wire`, after the handshake. */
export async function secure(wire: Socket, alpn: string): Promise<tls.TLSSocket> {
  const socket = tls.connect({ socket: wire, rejectUnauthorized: false, ALPNProtocols: [alpn] });
  socket.on("error", () => {});
  await once(socket, "secureConnect");
  return socket;
}

export async function connect(server: Server, kind: Kind): Promise<Client> {
  return isHttp2(kind) ? connectHttp2(server, kind) : connectHttp1(server, kind);
}

/** Sends and receives text. */
export class Http1Client implements Client {
  received = "";

  constructor(
    readonly wire: Socket,
    /** `wire`, or TLS over it. */
    readonly stream: Socket,
  ) {
    stream.setEncoding("latin1").on("data", (text: string) => (this.received += text));
  }

  send(path: string, ...headers: string[]): void {
    this.stream.write(request(path, ...headers));
  }

  async get(path = "/"): Promise<void> {
    this.received = "";
    this.send(path);
    await this.receive("\r\n\r\nok");
  }

  async receive(text: string): Promise<void> {
    await until(() => this.received.includes(text));
  }

  async flush(): Promise<void> {}

  end(): void {
    this.stream.end();
  }
}

export function request(path: string, ...headers: string[]): string {
  return [`GET ${path} HTTP/1.1`, "Host: localhost", ...headers, "\r\n"].join("\r\n");
}

export async function connectHttp1(server: Server, kind: Kind): Promise<Http1Client> {
  const wire = await dial(server);
  return new Http1Client(wire, isTls(kind) ? await secure(wire, "http/1.1") : wire);
}

export class Http2Client implements Client {
  constructor(
    readonly wire: Socket,
    readonly session: http2.ClientHttp2Session,
  ) {}

  send(path: string): void {
    this.session
      .request({ ":path": path })
      .on("error", () => {})
      .resume();
  }

  async get(path = "/"): Promise<void> {
    const stream = this.session.request({ ":path": path }).resume();
    await once(stream, "close");
    await this.flush();
  }

  async flush(): Promise<void> {
    await new Promise<void>((resolve, reject) => this.session.ping((error) => (error ? reject(error) : resolve())));
  }

  end(): void {
    this.session.close();
  }
}

export async function connectHttp2(server: Server, kind: Kind): Promise<Http2Client> {
  const wire = await dial(server);
  const stream = isTls(kind) ? await secure(wire, "h2") : wire;
  const session = http2.connect("http://localhost", { createConnection: () => stream });
  session.on("error", () => {});
  await once(session, "remoteSettings");
  const client = new Http2Client(wire, session);
  await client.flush();
  return client;
}

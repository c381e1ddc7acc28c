// The client's side of one connection: in memory, or over TCP.
import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { makePair } from "../helpers/duplex-pair.ts";

export interface Link {
  readonly client: Duplex;
  /** The server's end of it. */
  readonly socket: Duplex;
  received: string;
  /** How the client has noticed the end. */
  endedBy: string;
  sentBytes: number;
  /** The server gets the segment, and then a reset before it can write anything. */
  reset(lastSegment: Buffer): void;
}

export async function openLink(server: Server, transport: "memory" | "tcp"): Promise<Link> {
  const { client, socket, reset } = transport === "memory" ? inMemory(server) : await overTcp(server);
  const link: Link = { client, socket, received: "", endedBy: "nothing", sentBytes: 0, reset };
  client.on("data", (data: Buffer) => (link.received += data.toString("latin1")));
  client.once("end", () => {
    link.endedBy = "end";
    client.end();
  });
  client.on("error", (error: NodeJS.ErrnoException) => (link.endedBy = error.code ?? error.message));
  return link;
}

function inMemory(server: Server): Pick<Link, "client" | "socket" | "reset"> {
  const [client, socket] = makePair();
  server.emit("connection", socket);
  return {
    client,
    socket,
    reset: (lastSegment) => {
      const gone = () => Object.assign(new Error("The client has reset the connection"), { code: "ECONNRESET" });
      socket._write = (_data, _encoding, done) => done(gone());
      socket._final = (done) => done(gone());
      if (!socket.readableEnded && !client.writableEnded) socket.push(lastSegment);
      setImmediate(() => socket.destroy(gone()));
    },
  };
}

async function overTcp(server: Server): Promise<Pick<Link, "client" | "socket" | "reset">> {
  if (!server.listening) await once(server.listen(0, "127.0.0.1").unref(), "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: "127.0.0.1", noDelay: true });
  const [[socket]] = (await Promise.all([once(server, "connection"), once(client, "connect")])) as [[Socket], unknown];
  return {
    client,
    socket,
    // Both calls reach the kernel before the server runs.
    reset: (lastSegment) => {
      if (lastSegment.length > 0 && client.writable) client.write(lastSegment);
      client.resetAndDestroy();
    },
  };
}

/** Waits for a number of turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

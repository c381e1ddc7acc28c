// Answers 403 to a refused peer over TLS. The handshake needs the server's certificates, but the server's listeners
// must not see it.
import type { Server, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { answer403, destroyAfter } from "./answer-403";

/** The time for the handshake and the answer. Node alone would allow two minutes for the handshake. */
const HANDSHAKE_MS = 2000;

type Listener = (this: Server, socket: Socket) => void;

let handshake: Listener | undefined;

export function answer403OverTls(server: Server, socket: Socket): void {
  destroyAfter(socket, HANDSHAKE_MS);
  handshake ??= findHandshake();
  if (handshake) handshake.call(withoutListeners(server), socket);
  else socket.destroy();
}

/**
 * Every TLS server of Node has this listener of 'connection', which reads its settings from `this`. Loads node:tls
 * here, because that takes milliseconds. A TLS server has loaded it.
 */
function findHandshake(): Listener | undefined {
  const { createServer } = require("node:tls") as typeof import("node:tls");
  return createServer().listeners("connection")[0] as Listener | undefined;
}

/**
 * An object that inherits certificates, SNI and ALPN from the server. Node waits for listeners of 'newSession',
 * 'resumeSession' and 'OCSPRequest' only if it counts some, so here it waits for none.
 */
function withoutListeners(server: Server): Server {
  return Object.create(server, { emit: { value: emit }, listenerCount: { value: () => 0 } }) as Server;
}

function emit(event: string, first: unknown, second: unknown): boolean {
  if (event === "secureConnection") {
    const socket = first as TLSSocket;
    answer403(socket, socket.alpnProtocol === "h2");
  }
  // Node leaves it to the listeners of this event to close the connection.
  if (event === "tlsClientError") (second as Socket).destroy();
  return true;
}

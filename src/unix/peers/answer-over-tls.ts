// Sends 403 over TLS to refused peers. The handshake needs the server's certificates, but no listener of the server may see it.
import type { Server, Socket } from "node:net";
import tls from "node:tls";
import { answerForbidden, endWithin } from "./turn-away";

/** For the handshake and the answer. Node alone would give the peer two minutes for the handshake. */
const HANDSHAKE_MS = 2000;

type Listener = (this: Server, socket: Socket) => void;

let handshake: Listener | undefined;

export function answerForbiddenOverTls(server: Server, socket: Socket): void {
  endWithin(socket, HANDSHAKE_MS);
  // Every TLS server has this listener of 'connection'. Its settings are on `this`.
  handshake ??= tls.createServer().listeners("connection")[0] as Listener | undefined;
  if (handshake) handshake.call(withoutListeners(server), socket);
  else socket.destroy();
}

/**
 * Inherits certificates, SNI and ALPN from the server. Node waits for listeners of 'newSession', 'resumeSession' and
 * 'OCSPRequest' only if it counts some, so it waits for none here.
 */
function withoutListeners(server: Server): Server {
  return Object.create(server, { emit: { value: emit }, listenerCount: { value: () => 0 } }) as Server;
}

function emit(event: string, first: unknown, second: unknown): boolean {
  if (event === "secureConnection") {
    const socket = first as tls.TLSSocket;
    answerForbidden(socket, socket.alpnProtocol === "h2");
  }
  // Node leaves the end of the connection to the listeners of this event.
  if (event === "tlsClientError") (second as Socket).destroy();
  return true;
}

// allowPeers(): checks its arguments and puts a gate in front of a server.
import type { Server } from "node:net";
import {
  countUnlisted,
  Failure,
  httpOf,
  openConnections,
  type Readers,
  readOneOf,
  readOptions,
  refuseNonServer,
  wrongValue,
} from "../../core";
import { PeerGate } from "./peer-gate";
import { compileRule, type PeerRule } from "./peer-rule";
import { refuseUnreadablePeers } from "./unreadable-peers";

/** The options of {@link allowPeers}. */
export interface AllowPeersOptions {
  /**
   * How a peer is refused. `"close"` is the default: the connection is closed without an answer. `403` is for servers
   * of HTTP: every request gets that status, then the connection is closed. Over TLS this needs a handshake, which
   * sockinfo does itself: the server emits no event for it. The peer has two seconds for the handshake and the answer.
   * Until then the connection counts for `server.maxConnections`.
   */
  readonly refuseWith?: "close" | 403 | undefined;
}

/**
 * Refuses every connection to `server` from a peer that the rule does not admit. The kernel's record of the peer
 * decides: `SO_PEERCRED` and `SO_PEERGROUPS`, on macOS `LOCAL_PEERCRED`. Each connection is judged once, when it is
 * accepted. A refused connection is closed before a byte of it is read. No listener of `'connection'` sees it, neither
 * yours nor Node's.
 *
 * Peers that the kernel has no record of are refused: those over TCP, and over streams without a socket. Peers with
 * the overflow id or outside of this process's pid namespace are refused too, unless the rule admits them. Connections
 * that the server already has are judged too, and closed if refused. A server may have several gates. A peer may enter
 * if all of them admit it.
 *
 * Call it before `listen()`. Otherwise the server may have `unref()`ed connections, which Node does not always list. A
 * server with an unlisted connection is refused.
 *
 * @param server - A server of node:http, https, http2, net or tls.
 * @returns An EventEmitter of {@link PeerGateEvents}. Its `close()` removes the gate from the server, for connections
 * that come from then on.
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` (not a server, a rule or options of a wrong kind, 403 for
 * a server that does not speak HTTP, a server with connections that can't be judged).
 * `ERR_SOCKINFO_UNSUPPORTED_RUNTIME` on Bun and Deno. If this process can't read peers: the code of
 * `getUnsupportedReason()` (Windows, no native module), or `ERR_SOCKINFO_SYSTEM_CALL_DENIED` (a sandbox).
 * @example
 * const gate = allowPeers(server, { uids: [0, 1000] });
 * gate.on("refused", ({ description, reason }) => log.warn({ description, reason }));
 * @see unix(7)
 */
export function allowPeers(server: Server, rule: PeerRule, options: AllowPeersOptions = {}): PeerGate {
  // In a process that can't read peers, a gate would refuse every connection.
  const failure = refuseUnreadablePeers() ?? refuseNonServer(server);
  if (failure) throw failure.toError(allowPeers);
  const read = readAllowOptions(server, options);
  if (read instanceof Failure) throw read.toError(allowPeers);
  const compiled = refuseUnlisted(server) ?? compileRule(rule);
  if (compiled instanceof Failure) throw compiled.toError(allowPeers);
  return new PeerGate(server, compiled, read.refuseWith);
}

const OPTIONS: Readers<AllowPeersOptions> = { refuseWith: readOneOf("close", 403) };

function readAllowOptions(server: Server, options: unknown): AllowPeersOptions | Failure {
  const read = readOptions("options", options, OPTIONS);
  if (read instanceof Failure || read.refuseWith !== 403 || httpOf(server)) return read;
  return wrongValue("options.refuseWith", "be 'close' for a server that does not speak HTTP", 403);
}

function refuseUnlisted(server: Server): Failure | undefined {
  const count = countUnlisted(server, openConnections(server));
  if (count === 0) return undefined;
  if (count === undefined) {
    const detail = "this version of Node does not count a server's connections";
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", detail);
  }
  return Failure.ofMistake(
    'The "server" argument must not have connections that Node does not list, because they can\'t be judged. ' +
      `Received a server with ${count}, which were unref()ed. Call allowPeers() before listen()`,
  );
}

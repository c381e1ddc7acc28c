// Checked by tsc, never run: the types of trackConnections, its tracker and its connections.
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net, { type Socket } from "node:net";
import tls, { type TLSSocket } from "node:tls";
import type { PeerCredentials, SocketInfoError, TcpInfo, TcpTimeShares } from "sockinfo";
import {
  getCurrentConnection,
  getConnection,
  getTracker,
  trackConnections,
  tryGetConnection,
  type CloseReason,
  type Connection,
  type ConnectionState,
  type ConnectionSummary,
  type ConnectionTracker,
  type Endpoint,
  type Snapshot,
} from "sockinfo/connections";
import { expectTypeOf } from "vitest";

declare const server: http.Server;
declare const req: http.IncomingMessage;
declare const socket: Socket;

// Every server of Node, and nothing else.
trackConnections(net.createServer());
trackConnections(tls.createServer());
trackConnections(https.createServer());
trackConnections(http2.createServer());
trackConnections(http2.createSecureServer());
// @ts-expect-error: a socket
trackConnections(socket);
// @ts-expect-error: nothing
trackConnections(undefined);
// @ts-expect-error: a port
trackConnections(3000);

// The context's type is what the function returns.
interface Caller {
  readonly user: string;
  requests: number;
}
const tracker = trackConnections(server, { context: (): Caller => ({ user: "", requests: 0 }) });
expectTypeOf(tracker).toEqualTypeOf<ConnectionTracker<Caller>>();
expectTypeOf(tracker.getConnection(req)).toEqualTypeOf<Connection<Caller>>();
expectTypeOf(tracker.getConnection(req).context).toEqualTypeOf<Caller>();
expectTypeOf([...tracker]).toEqualTypeOf<Connection<Caller>[]>();
expectTypeOf(tracker.size).toEqualTypeOf<number>();
expectTypeOf(tracker.takeSnapshot()).toEqualTypeOf<Promise<Snapshot<Connection<Caller>>>>();
expectTypeOf(tracker.attach(server)).toEqualTypeOf<ConnectionTracker<Caller>>();
tracker.getConnection(req).context.requests += 1;
// @ts-expect-error: its own types count
tracker.getConnection(req).context.user = "";
// @ts-expect-error: there is no such property
void tracker.getConnection(req).context.tenant;

trackConnections(server, {
  context: (raw, connection) => {
    expectTypeOf(raw).toEqualTypeOf<Socket>();
    expectTypeOf(connection).toEqualTypeOf<Connection<undefined>>();
  },
});
// A promise stays one.
const late = trackConnections(server, { context: async () => "later" });
expectTypeOf(late.getConnection(req).context).toEqualTypeOf<Promise<string>>();

// Without the option the context is undefined. Outside the tracker its type is unknown.
expectTypeOf(trackConnections(server)).toEqualTypeOf<ConnectionTracker<undefined>>();
expectTypeOf(trackConnections(server, {}).getConnection(req).context).toEqualTypeOf<undefined>();
expectTypeOf(getConnection(req)).toEqualTypeOf<Connection>();
expectTypeOf(getConnection(req).context).toEqualTypeOf<unknown>();
expectTypeOf(tryGetConnection(req)).toEqualTypeOf<Connection | undefined>();
expectTypeOf(getCurrentConnection()).toEqualTypeOf<Connection | undefined>();
expectTypeOf(getTracker(server)).toEqualTypeOf<ConnectionTracker<unknown> | undefined>();
// A function without a need for the context accepts any connection.
expectTypeOf<Connection<Caller>>().toExtend<Connection>();

// @ts-expect-error: not a function
trackConnections(server, { context: { user: "" } });
// @ts-expect-error: there is no such option
trackConnections(server, { contexts: () => ({}) });
// @ts-expect-error: a context takes the socket, not a request
trackConnections(server, { context: (request: http.IncomingMessage) => request.url });
declare const all: typeof import("sockinfo/connections");
// @ts-expect-error: a type only, as trackers are made by trackConnections
void all.ConnectionTracker;

// Events and their arguments.
tracker.on("state", (connection, from, to) => {
  expectTypeOf(connection).toEqualTypeOf<Connection<Caller>>();
  expectTypeOf(from).toEqualTypeOf<ConnectionState | undefined>();
  expectTypeOf(to).toEqualTypeOf<ConnectionState>();
});
for (const event of ["new", "active", "idle", "hijacked", "closed"] as const) {
  tracker.once(event, (connection) => expectTypeOf(connection).toEqualTypeOf<Connection<Caller>>());
}
tracker.on("contextError", (error, connection) => {
  expectTypeOf(error).toEqualTypeOf<unknown>();
  expectTypeOf(connection.context).toEqualTypeOf<undefined>();
});
// @ts-expect-error: "closed" has the connection only
tracker.on("closed", (connection, reason: string) => reason);

// A connection.
const connection = getConnection(req);
expectTypeOf(connection.id).toEqualTypeOf<number>();
expectTypeOf(connection.socket).toEqualTypeOf<Socket>();
expectTypeOf(connection.tlsSocket).toEqualTypeOf<TLSSocket | undefined>();
expectTypeOf(connection.protocol).toEqualTypeOf<string | undefined>();
expectTypeOf(connection.openedAt).toEqualTypeOf<Date>();
expectTypeOf(connection.durationMs).toEqualTypeOf<number>();
expectTypeOf(connection.adopted).toEqualTypeOf<boolean>();
expectTypeOf(connection.finalTcpInfo).toEqualTypeOf<TcpInfo | undefined>();
expectTypeOf(connection.finalTcpInfoError).toEqualTypeOf<SocketInfoError | undefined>();
expectTypeOf(connection.timeShares).toEqualTypeOf<TcpTimeShares | undefined>();
expectTypeOf(connection.toJSON().timeShares).toEqualTypeOf<TcpTimeShares | undefined>();
expectTypeOf(connection.closeReason).toEqualTypeOf<CloseReason | undefined>();
expectTypeOf(connection.closeError).toEqualTypeOf<Error | undefined>();
expectTypeOf(connection.getTcpInfo()).toEqualTypeOf<TcpInfo>();
expectTypeOf(connection.getPeerCredentials()).toEqualTypeOf<PeerCredentials>();
expectTypeOf(connection.toJSON()).toEqualTypeOf<ConnectionSummary>();
expectTypeOf(connection.toJSON().openedAt).toEqualTypeOf<string>();
expectTypeOf(connection.toJSON().closeError).toEqualTypeOf<string | undefined>();
// @ts-expect-error: a log gets no sockets
void connection.toJSON().socket;

// An endpoint of TCP or of a Unix socket; `family` says which.
declare const endpoint: Endpoint;
if (endpoint.family === "unix") {
  expectTypeOf(endpoint.path).toEqualTypeOf<string>();
  // @ts-expect-error: it has no port
  void endpoint.port;
} else {
  expectTypeOf(endpoint.port).toEqualTypeOf<number>();
}

// All of it is read-only.
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Data<T> = { [K in keyof T as T[K] extends (...any: never[]) => unknown ? never : K]: T[K] };
expectTypeOf<Equal<Data<Connection>, Readonly<Data<Connection>>>>().toEqualTypeOf<true>();
expectTypeOf<Equal<ConnectionSummary, Readonly<ConnectionSummary>>>().toEqualTypeOf<true>();
expectTypeOf<Equal<Endpoint, Readonly<Endpoint>>>().toEqualTypeOf<true>();
// @ts-expect-error: read-only
connection.requests.served = 0;
// @ts-expect-error: read-only
connection.context = {};
// @ts-expect-error: read-only
tracker.size = 0;

// A `switch` can be exhaustive: a new reason would be an error here.
function describe(state: ConnectionState, reason: CloseReason): string {
  switch (state) {
    case "new":
    case "active":
    case "idle":
    case "hijacked":
    case "closed":
      break;
    default:
      state satisfies never;
  }
  switch (reason) {
    case "client-end":
    case "client-reset":
    case "server-end":
    case "server-destroy":
    case "timeout":
    case "protocol-error":
    case "tls-error":
    case "context-error":
    case "error":
      return reason;
    default:
      return reason satisfies never;
  }
}
// @ts-expect-error: there is no such reason
void describe("idle", "client-close");

// Starts tracked servers of every kind.
import type http from "node:http";
import { trackConnections, type ConnectionTracker, type TrackConnectionsOptions } from "sockinfo/connections";
import { onTestFinished } from "vitest";
import { type Kind, makeServer, open } from "../../helpers/http-servers";

/** Returns a listening server, and its tracker, which sees every connection. */
export async function serve<Context = undefined>(
  kind: Kind,
  handler?: http.RequestListener,
  options?: http.ServerOptions,
  tracking?: TrackConnectionsOptions<Context>,
): Promise<{ server: http.Server; tracker: ConnectionTracker<Context> }> {
  const server = makeServer(kind, handler, options) as http.Server;
  const tracker = trackConnections(server, tracking);
  onTestFinished(() => tracker.close());
  await open(server, kind);
  return { server, tracker };
}

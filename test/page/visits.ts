// Pages, and clients that look at them.
import http, { type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http";
import { once } from "node:events";
import type { Server } from "node:net";
import { text } from "node:stream/consumers";
import { type ConnectionTracker, trackConnections, type TrackConnectionsOptions } from "sockinfo/connections";
import {
  type ConnectionsPage,
  type ConnectionsPageOptions,
  createConnectionsPage,
  type PageFrame,
  type PageRequestSource,
  type PageResponse,
} from "sockinfo/page";
import { onTestFinished } from "vitest";
import { open } from "../helpers/http-servers";
import { listen, portOf, until } from "../helpers/servers";

export type { PageFrame };

export interface Shown {
  readonly server: Server;
  readonly tracker: ConnectionTracker<unknown>;
  readonly page: ConnectionsPage;
}

/** A tracked server and its page. */
export async function show(
  server: Server = http.createServer((_, res) => res.end("ok")),
  options: ConnectionsPageOptions = {},
  tracking: TrackConnectionsOptions<unknown> = {},
): Promise<Shown> {
  if (!server.listening) await open(server);
  const tracker = trackConnections<unknown>(server, tracking);
  onTestFinished(() => tracker.close());
  const page = createConnectionsPage(tracker, options);
  onTestFinished(() => page.close());
  return { server, tracker, page };
}

/** A server that has the page at all addresses. */
export async function serve(page: (req: PageRequestSource, res: PageResponse) => void): Promise<Target> {
  const server = await listen(http.createServer(page));
  return { port: portOf(server), folder: "/" };
}

/** A place where a page is. */
export interface Target {
  readonly port?: number;
  readonly socketPath?: string;
  /** Begins and ends with a slash. */
  readonly folder: string;
  readonly token?: string;
}

export function targetOf(address: string): Target {
  if (address.startsWith("/")) return { socketPath: address, folder: "/" };
  const { port, pathname, searchParams } = new URL(address);
  return { port: Number(port), folder: pathname, token: searchParams.get("token") ?? "" };
}

/** The header by which a program shows the token. */
export const bearer = ({ token }: Target): OutgoingHttpHeaders => ({ Authorization: `Bearer ${token}` });

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** `path` is below the page's folder, or begins with a slash. */
export async function visit(
  target: Target,
  path = "",
  headers: OutgoingHttpHeaders = {},
  method = "GET",
): Promise<Answer> {
  const request = http.request(requestOptions(target, path, headers, method)).end();
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const { statusCode = 0, headers: received } = response;
  return { status: statusCode, headers: received, body: await text(response) };
}

function requestOptions(
  { port, socketPath, folder }: Target,
  path: string,
  headers: OutgoingHttpHeaders,
  method: string,
): http.RequestOptions {
  const place = socketPath === undefined ? { host: "127.0.0.1", port } : { socketPath };
  return { ...place, path: path.startsWith("/") ? path : folder + path, headers, method, agent: false };
}

/** An open event stream. */
export class Watcher {
  readonly frames: PageFrame[] = [];
  readonly status: number;
  isEnded = false;
  readonly #response: http.IncomingMessage;

  constructor(response: http.IncomingMessage) {
    this.status = response.statusCode ?? 0;
    this.#response = response;
    let rest = "";
    response.setEncoding("utf8").on("error", () => {});
    response.on("data", (chunk: string) => {
      const events = (rest + chunk).split("\n\n");
      rest = events.pop() ?? "";
      for (const event of events) {
        const data = /^event: frame\ndata: (.*)$/.exec(event)?.[1];
        if (data !== undefined) this.frames.push(JSON.parse(data) as PageFrame);
      }
    });
    response.once("close", () => (this.isEnded = true));
  }

  /** Waits for that frame, which counts from 0. */
  async frame(index: number): Promise<PageFrame> {
    await until(() => this.frames.length > index || this.isEnded);
    return this.frames[index] as PageFrame;
  }

  /** Waits for the first frame in which `find` finds something. */
  async find<T>(find: (frame: PageFrame) => T | undefined): Promise<T> {
    let found: T | undefined;
    await until(() => (found = this.frames.map(find).find((each) => each !== undefined)) !== undefined);
    return found as T;
  }

  close(): void {
    this.#response.destroy();
  }
}

export async function watch(
  target: Target,
  query = "",
  headers: OutgoingHttpHeaders = bearer(target),
): Promise<Watcher> {
  const options = requestOptions(target, `events${query && `?${query}`}`, headers, "GET");
  const request = http.request(options).end();
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  onTestFinished(() => void response.destroy());
  return new Watcher(response);
}

// page.listen(): a server of its own for the page, on a Unix socket or a port.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type Closeable,
  Failure,
  type Readers,
  readInteger,
  readOptions,
  readString,
  SocketInfoError,
  wrongValue,
} from "../core";
import { type Authorize, authorizedDoor, type Door, tokenDoor, UNIX_DOOR } from "./door";
import { PageToken } from "./token";

/** An address that other machines may reach. */
export interface PageListenOptions {
  /** The name or address of an interface, as for `server.listen()`. */
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
}

/** A connection for each viewer, and some more for those who are refused. */
const MOST_CONNECTIONS = 256;
const HEADERS_TIMEOUT_MS = 10_000;
/** Longer than a browser needs to ask again, and than streams are silent. */
const SILENT_MS = 10_000;

const readPort = readInteger(65_535);
const OPTIONS: Readers<PageListenOptions> = { host: readString, port: readPort };

export type Answer = (request: IncomingMessage, response: ServerResponse, door: Door) => void;

/** A listening server, and the address to print. */
export interface Listener extends Closeable {
  readonly address: string;
}

export async function listen(
  where: unknown,
  authorize: Authorize | undefined,
  answer: Answer,
): Promise<Listener | Failure> {
  if (typeof where === "string") return listenOnPath(where, answer);
  if (typeof where === "number") return listenOnLoopback(where, answer);
  if (typeof where !== "object") {
    return wrongValue("where", "be a path, a port, or an object such as { host, port }", where);
  }
  return listenOnHost(where, authorize, answer);
}

async function listenOnPath(path: string, answer: Answer): Promise<Listener | Failure> {
  // "8080" and "0.0.0.0:8080" would become files.
  if (!path.startsWith("\0") && !path.includes("/")) {
    return wrongValue("where", "be a path with a slash, or a port as a number", path);
  }
  const unix = require("../unix") as typeof import("../unix");
  const server = createServer((request, response) => answer(request, response, UNIX_DOOR));
  try {
    const gate = unix.allowPeers(server, { uids: [...new Set([0, process.geteuid?.() ?? 0])] });
    await unix.listenUnix(server, path);
    return listenerOf(server, path.replace("\0", "@"), () => gate.close());
  } catch (error) {
    if (!isNotOwned(error)) throw error;
    const detail =
      "in a worker of node:cluster, page.listen(path) can't open a Unix socket. Call page.listen(0), which opens a " +
      "port of this worker";
    return Failure.of("ERR_SOCKINFO_LISTENER_NOT_OWNED", detail);
  }
}

async function listenOnLoopback(port: number, answer: Answer): Promise<Listener | Failure> {
  const read = readPort("where", port);
  if (read instanceof Failure) return read;
  let door: Door | undefined;
  const server = createServer((request, response) => answer(request, response, door as Door));
  const address = await listenOnTcp(server, "127.0.0.1", read);
  if (address instanceof Failure) return address;
  const token = new PageToken(address.port);
  door = tokenDoor(token, address.port);
  return listenerOf(server, `http://127.0.0.1:${address.port}${token.printedPath}`);
}

async function listenOnHost(
  where: object | null,
  authorize: Authorize | undefined,
  answer: Answer,
): Promise<Listener | Failure> {
  const read = readOptions<PageListenOptions>("where", where, OPTIONS);
  if (read instanceof Failure) return read;
  const host = readString("where.host", read.host);
  if (host instanceof Failure) return host;
  const port = readPort("where.port", read.port);
  if (port instanceof Failure) return port;
  // Node would listen on all addresses.
  if (host === "") return wrongValue("where.host", "be the address of an interface", host);
  if (authorize === undefined) {
    return Failure.ofMistake(
      'The "options.authorize" argument of createConnectionsPage() must be a function, so that page.listen({ host, port }) ' +
        "knows who may see the page. Without it, use page.listen(port) or page.listen(path)",
    );
  }
  let door: Door | undefined;
  const server = createServer((request, response) => answer(request, response, door as Door));
  const address = await listenOnTcp(server, host, port);
  if (address instanceof Failure) return address;
  door = authorizedDoor(authorize, address.address === "::1" || address.address.startsWith("127."));
  const name = host.includes(":") ? `[${host}]` : host;
  return listenerOf(server, `http://${name}:${address.port}/`);
}

/** Keeps neither the process alive nor strangers connected. */
function createServer(onRequest: (request: IncomingMessage, response: ServerResponse) => void): Server {
  // The application has loaded it, unless its server is not one of HTTP.
  const http = require("node:http") as typeof import("node:http");
  const options = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: HEADERS_TIMEOUT_MS,
    connectionsCheckingInterval: HEADERS_TIMEOUT_MS / 2,
  };
  const server = http.createServer(options, onRequest);
  server.maxConnections = MOST_CONNECTIONS;
  // Also ends those who read no answer. Streams write each second.
  server.timeout = SILENT_MS;
  server.on("connection", (socket) => socket.unref());
  return server;
}

function listenOnTcp(server: Server, host: string, port: number): Promise<AddressInfo | Failure> {
  return new Promise((resolve) => {
    server.once("error", (error) => resolve(asFailure(error)));
    server.once("listening", () => resolve(server.address() as AddressInfo));
    // In a cluster, Node would share the port among the workers, and each one has its own token and connections.
    server.listen({ host, port, exclusive: true });
  });
}

function listenerOf(server: Server, address: string, alsoClose: () => void = () => {}): Listener {
  server.unref();
  const close = (): void => {
    server.close();
    server.closeAllConnections();
    alsoClose();
  };
  return { address, close, [Symbol.dispose]: close };
}

function isNotOwned(error: unknown): boolean {
  return error instanceof SocketInfoError && error.code === "ERR_SOCKINFO_LISTENER_NOT_OWNED";
}

/** Takes an error of Node, whose message begins with the call and the code, as that of a Failure does. */
function asFailure(error: unknown): Failure {
  const { errno, syscall, message } = error as NodeJS.ErrnoException;
  if (errno !== undefined && syscall !== undefined) {
    return Failure.ofSystem(errno, syscall, message.replace(/^\w+ \w+:? /, ""));
  }
  throw error;
}

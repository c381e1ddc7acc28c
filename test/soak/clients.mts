// HTTP/1 clients over sockets of their own, each for one connection.
import { once } from "node:events";
import type { Socket } from "node:net";
import tls from "node:tls";
import type { ListeningServer } from "./listening-server.mts";

/** What a client does once it is connected. `raw` is `client`, or the socket under its TLS. */
export type Action<Client> = (client: Client, raw: Socket) => unknown;
/** Makes one connection. Resolves when the client's side has closed. */
export type RunClient<Client> = (server: ListeningServer, act: Action<Client>) => Promise<void>;

export async function runPlainClient(server: ListeningServer, act: Action<Socket>): Promise<void> {
  const client = server.connect();
  const closed = new Promise((resolve) => client.once("close", resolve));
  await once(client, "connect");
  await act(client.resume(), client);
  await closed;
}

export async function runTlsClient(server: ListeningServer, act: Action<Socket>): Promise<void> {
  const raw = server.connect();
  const closed = new Promise((resolve) => raw.once("close", resolve));
  const client = tls.connect({ socket: raw, rejectUnauthorized: false }).on("error", () => {});
  await once(client, "secureConnect");
  await act(client.resume(), raw);
  await closed;
}

export function requestOf(path: string, headers = ""): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;
}

export async function get(client: Socket, path: string): Promise<void> {
  client.write(requestOf(path));
  await once(client, "data");
}

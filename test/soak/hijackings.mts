// What happens to connections that are hijacked, or might have been: each made by one client, and known by what that receives.
import { once } from "node:events";
import type { Socket } from "node:net";
import { overTls, plain, requestOf, type Act, type Over } from "./clients.mts";
import type { HijackServer, Kind } from "./hijack-server.mts";

export interface Hijacking {
  readonly kind: Kind;
  readonly name: string;
  /** One connection, until this side has closed; whether it got what it must. */
  run(server: HijackServer): Promise<boolean>;
}

type Way = readonly [expected: RegExp, act: Act<Socket>];

const LAST = "Connection: close\r\n";
const UPGRADE = "Connection: Upgrade\r\nUpgrade: soak\r\n";
const BODY = "Content-Length: 4\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n";
const CHUNKS = "4\r\nbody\r\n0\r\n\r\n";

const WAYS: Readonly<Record<string, Way>> = {
  "at once": [/^taken: eager\.$/, (client) => client.write(`${requestOf("/take")}eager.`)],
  CONNECT: [/^taken: eager\.$/, (client) => client.write(`${connectTo("localhost:80")}eager.`)],
  "Upgrade that nobody hears": [/^taken: eager\.$/, (client) => client.write(`${requestOf("/late", UPGRADE)}eager.`)],
  late: [/^taken: later\.$/, (client) => waitThen(client, requestOf("/late"), () => client.write("later."))],
  "late, refused": [
    /\r\n\r\nERR_SOCKINFO_BYTES_PARSED.*\r\n\r\nok$/s,
    (client) => client.write(requestOf("/late") + requestOf("/", LAST)),
  ],
  held: [/^taken: eager\.$/, (client) => client.write(`${requestOf("/held")}eager.`)],
  "held, its body read": [/^taken: eager\.$/, (client) => client.write(`${requestOf("/held-body", BODY)}bodyeager.`)],
  "held, its chunks read": [
    /^taken: eager\.$/,
    (client) => client.write(`${requestOf("/held-body", CHUNKED)}${CHUNKS}eager.`),
  ],
  "held, answered": [
    /\r\n\r\nok body.*\r\n\r\nok body$/s,
    (client) =>
      client.write(
        `${requestOf("/held-answered", CHUNKED)}${CHUNKS}${requestOf("/held-answered", `${LAST}${BODY}`)}body`,
      ),
  ],
  "released, twice": [
    /^HTTP[^]*\r\n\r\nreleasedHTTP[^]*\r\n\r\nreleasedHTTP[^]*\r\n\r\nok$/,
    (client) => client.write(requestOf("/release") + requestOf("/release") + requestOf("/", LAST)),
  ],
  "the server destroys": [/^$/, (client) => client.write(requestOf("/destroy"))],
  "client ends": [/^taken: $/, (client) => waitThen(client, requestOf("/take"), () => client.end())],
};

/** Not for Unix sockets, which know no reset. */
const RESETS: typeof WAYS = {
  "client resets": [/^taken: $/, (client, raw) => waitThen(client, requestOf("/take"), () => raw.resetAndDestroy())],
  "held, client resets": [
    /^HTTP\/1.1 102 /,
    (client, raw) => waitThen(client, requestOf("/held-hang", BODY), () => raw.resetAndDestroy()),
  ],
};

export const HIJACKINGS: readonly Hijacking[] = [
  ...hijackings("http", { ...WAYS, ...RESETS }, plain),
  ...hijackings("Unix", WAYS, plain),
  ...hijackings("https", { ...WAYS, ...RESETS }, overTls),
];

function hijackings(kind: Kind, ways: typeof WAYS, over: Over<Socket>): Hijacking[] {
  return Object.entries(ways).map(([name, [expected, act]]) => ({
    kind,
    name,
    async run(server) {
      let received = "";
      await over(server, (client, raw) => {
        client.on("data", (data) => (received += data.toString()));
        return act(client, raw);
      });
      return expected.test(received);
    },
  }));
}

/** For what the client does when it has the first of the answer. */
async function waitThen(client: Socket, request: string, act: () => unknown): Promise<void> {
  client.write(request);
  await once(client, "data");
  act();
}

function connectTo(authority: string): string {
  return `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`;
}

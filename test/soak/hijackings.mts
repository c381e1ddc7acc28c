// Scenarios in which a connection is hijacked, or hijacking is refused. Each is a client, which checks what it
// receives.
import { once } from "node:events";
import type { Socket } from "node:net";
import { requestOf, runPlainClient, runTlsClient, type Action, type RunClient } from "./clients.mts";
import type { HijackServer, Kind } from "./hijack-server.mts";

export interface Hijacking {
  readonly kind: Kind;
  readonly name: string;
  /** Makes one connection. Resolves when the client's side has closed, with whether it received what was expected. */
  run(server: HijackServer): Promise<boolean>;
}

type Scenarios = Readonly<Record<string, readonly [expected: RegExp, act: Action<Socket>]>>;

const LAST = "Connection: close\r\n";
const UPGRADE = "Connection: Upgrade\r\nUpgrade: soak\r\n";
const BODY = "Content-Length: 4\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n";
const CHUNKS = "4\r\nbody\r\n0\r\n\r\n";

const SCENARIOS: Scenarios = {
  early: [/^taken: eager\.$/, (client) => client.write(`${requestOf("/take")}eager.`)],
  "Upgrade without a listener": [/^taken: eager\.$/, (client) => client.write(`${requestOf("/take", UPGRADE)}eager.`)],
  "Upgrade without a listener, late: refused": [
    /\r\n\r\nERR_SOCKINFO_BYTES_PARSED$/,
    (client) => client.write(requestOf("/late", "Connection: Upgrade, close\r\nUpgrade: soak\r\n")),
  ],
  late: [/^taken: later\.$/, (client) => waitThen(client, requestOf("/late"), () => client.write("later."))],
  "late, refused": [
    /\r\n\r\nERR_SOCKINFO_BYTES_PARSED.*\r\n\r\nok$/s,
    (client) => client.write(requestOf("/late") + requestOf("/", LAST)),
  ],
  "late, its body read": [
    /^taken: later\.$/,
    (client) => waitThen(client, `${requestOf("/late-body", BODY)}body`, () => client.write("later.")),
  ],
  "late, its chunks read": [
    /^taken: later\.$/,
    (client) => waitThen(client, requestOf("/late-body", CHUNKED) + CHUNKS, () => client.write("later.")),
  ],
  "late, its body not read: refused": [
    /\r\n\r\nERR_SOCKINFO_BYTES_PARSED$/,
    (client) => client.write(`${requestOf("/late", LAST + BODY)}body`),
  ],
  "release refused: a body": [
    /^ERR_SOCKINFO_NOT_RELEASABLE$/,
    (client) => client.write(`${requestOf("/release-refused", BODY)}body`),
  ],
  "release refused: Connection: close": [
    /^ERR_SOCKINFO_NOT_RELEASABLE$/,
    (client) => client.write(requestOf("/release-refused", LAST)),
  ],
  "released, twice": [
    /^HTTP[^]*\r\n\r\nreleasedHTTP[^]*\r\n\r\nreleasedHTTP[^]*\r\n\r\nok$/,
    (client) => client.write(requestOf("/release") + requestOf("/release") + requestOf("/", LAST)),
  ],
  "the server destroys": [/^$/, (client) => client.write(requestOf("/destroy"))],
  "client ends": [/^taken: $/, (client) => waitThen(client, requestOf("/take"), () => client.end())],
};

/** Unix sockets have no reset. */
const RESETS: Scenarios = {
  "client resets": [/^taken: $/, (client, raw) => waitThen(client, requestOf("/take"), () => raw.resetAndDestroy())],
  "not hijacked, client resets": [
    /^HTTP\/1.1 102 /,
    (client, raw) => waitThen(client, requestOf("/hang", BODY), () => raw.resetAndDestroy()),
  ],
};

export const HIJACKINGS: readonly Hijacking[] = [
  ...hijackings("http", { ...SCENARIOS, ...RESETS }, runPlainClient),
  ...hijackings("Unix", SCENARIOS, runPlainClient),
  ...hijackings("https", { ...SCENARIOS, ...RESETS }, runTlsClient),
];

function hijackings(kind: Kind, scenarios: Scenarios, runClient: RunClient<Socket>): Hijacking[] {
  return Object.entries(scenarios).map(([name, [expected, act]]) => ({
    kind,
    name,
    async run(server) {
      let received = "";
      await runClient(server, (client, raw) => {
        client.on("data", (data) => (received += data.toString()));
        return act(client, raw);
      });
      return expected.test(received);
    },
  }));
}

/** Acts when the first bytes of the answer have arrived. */
async function waitThen(client: Socket, request: string, act: () => unknown): Promise<void> {
  client.write(request);
  await once(client, "data");
  act();
}

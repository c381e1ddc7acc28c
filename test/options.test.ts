// Options and rules are closed everywhere: a misspelt key, null, and any value but a plain object are refused, and
// every option accepts undefined. The table has a row for each argument of a public function that is an object of
// options. The compiler checks that no row is missing.
import http from "node:http";
import { PassThrough } from "node:stream";
import { runInNewContext } from "node:vm";
import * as core from "sockinfo";
import * as connections from "sockinfo/connections";
import * as hijack from "sockinfo/hijack";
import * as unix from "sockinfo/unix";
import { describe, expect, expectTypeOf, test } from "vitest";
import { runNode } from "./helpers/child";
import { lacks } from "./helpers/needs";
import { argumentErrorOf } from "./helpers/refusals";
import { socketPath } from "./helpers/servers";

type Api = typeof core & typeof connections & typeof hijack & typeof unix;

/** Whether `{}` has the type, and the type is not a function: an object without required properties. */
type IsOptions<T> = T extends (...parameters: never[]) => unknown ? false : {} extends T ? true : false;

type ParametersAt<N extends keyof Api> = Api[N] extends (...parameters: infer P) => unknown ? Required<P> : [];

/** `"allowPeers(2)"`: the function, and the index of its argument. */
type Place = {
  [N in keyof Api]: {
    [I in Exclude<keyof ParametersAt<N>, keyof []> & string]: true extends IsOptions<ParametersAt<N>[I]>
      ? `${N}(${I})`
      : never;
  }[Exclude<keyof ParametersAt<N>, keyof []> & string];
}[keyof Api];

type OptionsAt<P extends Place> = P extends `${infer N extends keyof Api}(${infer I})`
  ? ParametersAt<N>[I & keyof ParametersAt<N>]
  : never;

interface Row<Options> {
  /** The argument's name in messages. */
  readonly name: string;
  readonly call: (value: never) => unknown;
  /** For each option the values that are refused, besides `null`. */
  readonly wrong: { readonly [Key in keyof Options]-?: readonly unknown[] };
}

const NO_FUNCTION = ["yes", {}, 1];
const NO_BOOLEAN = ["yes", 0, {}];
const NO_IDS = [0, "0", {}, ["0"], [-1], [0.5], [0xffff_ffff], [null], [undefined], [[0]], Array.from({ length: 1 })];
const NO_ID_OR_NAME = [-1, 0xffff_ffff, 1.5, "", true, {}, 10n];
const RULE = {
  uids: NO_IDS,
  gids: NO_IDS,
  groups: NO_IDS,
  labels: ["unconfined", [1], {}, new Set(["unconfined"])],
  check: NO_FUNCTION,
  allowOverflowIds: NO_BOOLEAN,
  allowOtherPidNamespaces: NO_BOOLEAN,
};
const MEASURE = { until: ["ACKED", 1, {}], timeoutMs: ["5", Number.NaN, -1, {}, 5n] };
const ORIGIN = { endianness: ["le", 1, {}], kernelRelease: [6, {}] };
const NO_REQUEST = http.createServer() as never;

const ROWS: { readonly [P in Place]: Row<OptionsAt<P>> } = {
  "decodeTcpInfo(2)": {
    name: "origin",
    call: (value) => core.decodeTcpInfo(new Uint8Array(8), "linux", value),
    wrong: ORIGIN,
  },
  "trackConnections(1)": {
    name: "options",
    call: (value) => connections.trackConnections(http.createServer(), value).close(),
    wrong: { context: NO_FUNCTION, afterClose: NO_BOOLEAN },
  },
  "watchHealth(1)": {
    name: "options",
    call: (value) => {
      const tracker = connections.trackConnections(http.createServer());
      try {
        connections.watchHealth(tracker, value);
      } finally {
        tracker.close();
      }
    },
    wrong: {
      everyMs: [999, 0, -1, Number.NaN, Infinity, 2 ** 31, "1000", 5000n, {}],
      unsentLimitBytes: [-1, 1.5, Number.NaN, Infinity, "1000", 1n, {}],
    },
  },
  "measureRequest(1)": {
    name: "options",
    call: (value) => connections.measureRequest(NO_REQUEST, value),
    wrong: MEASURE,
  },
  "tryMeasureRequest(1)": {
    name: "options",
    call: (value) => connections.tryMeasureRequest(NO_REQUEST, value),
    wrong: MEASURE,
  },
  "enableHijack(1)": { name: "options", call: (value) => hijack.enableHijack(http.createServer(), value), wrong: {} },
  "release(2)": {
    name: "options",
    call: (value) => hijack.release(new PassThrough(), new Uint8Array(), value),
    wrong: { ownerReadBody: NO_BOOLEAN },
  },
  "allowPeers(1)": { name: "rule", call: (value) => unix.allowPeers(http.createServer(), value), wrong: RULE },
  "allowPeers(2)": {
    name: "options",
    call: (value) => unix.allowPeers(http.createServer(), {}, value),
    wrong: { refuseWith: [404, "403", true, {}] },
  },
  "requirePeer(0)": { name: "rule", call: (value) => unix.requirePeer(value), wrong: RULE },
  "requirePeer(1)": {
    name: "options",
    call: (value) => unix.requirePeer({}, value),
    wrong: { onRefused: NO_FUNCTION },
  },
  "listenUnix(2)": {
    name: "options",
    call: async (value) => (await unix.listenUnix(http.createServer(), socketPath(), value)).close(),
    wrong: {
      mode: [-1, 0o1000, 1.5, Number.NaN, "0600", 10n, true],
      owner: NO_ID_OR_NAME,
      group: NO_ID_OR_NAME,
      backlog: [-1, 2 ** 31, 1.5, "7", true],
    },
  },
};

/** The methods that return the package's objects have no options. */
type OfObjects<T> = {
  [K in Exclude<keyof T, keyof NodeJS.EventEmitter>]: T[K] extends (...parameters: infer P) => unknown
    ? true extends { [I in keyof P]: IsOptions<P[I]> }[number]
      ? K
      : never
    : never;
}[Exclude<keyof T, keyof NodeJS.EventEmitter>];
expectTypeOf<OfObjects<connections.ConnectionTracker<unknown>>>().toEqualTypeOf<never>();
expectTypeOf<OfObjects<connections.HealthWatcher<unknown>>>().toEqualTypeOf<never>();
expectTypeOf<OfObjects<connections.Connection>>().toEqualTypeOf<never>();
expectTypeOf<OfObjects<core.PeerProcess>>().toEqualTypeOf<never>();
expectTypeOf<OfObjects<core.TcpInfoBatch>>().toEqualTypeOf<never>();
expectTypeOf<OfObjects<unix.PeerGate>>().toEqualTypeOf<never>();

/** The options whose type does not accept `undefined` under exactOptionalPropertyTypes. */
type Strict<T> = { [K in keyof T]-?: undefined extends Required<T>[K] ? never : K }[keyof T];
expectTypeOf<
  { [P in Exclude<Place, "enableHijack(1)">]: Strict<OptionsAt<P>> }[Exclude<Place, "enableHijack(1)">]
>().toEqualTypeOf<never>();

/** The message that refuses these options; `undefined` if they are accepted, even if the call then fails. */
async function refusal({ call }: Row<unknown>, value: unknown): Promise<string | undefined> {
  const message = await argumentErrorOf(() => call(value as never));
  return message !== undefined && /^The "(?:rule|options|origin)/.test(message) ? message : undefined;
}

const canNotListen = (place: string) => place === "listenUnix(2)" && lacks("linux");

describe.each(Object.entries<Row<Record<string, unknown>>>(ROWS))("%s", (place, row) => {
  const { name } = row;
  const keys = Object.keys(row.wrong);

  test.each(keys)("%s, misspelt", async (key) => {
    const right = `The "${name}" argument has the unknown key "${key}x". Did you mean "${key}"?`;
    expect(await refusal(row, { [`${key}x`]: undefined })).toBe(right);
    expect(await refusal(row, { [key.toUpperCase()]: 1 })).toContain(`unknown key "${key.toUpperCase()}"`);
  });

  test("a key that is like no known one", async () => {
    const known = keys.length === 0 ? "none" : keys.map((key) => `"${key}"`).join(", ");
    for (const key of ["nothingOfThisKind", "", "__proto__", "constructor", "hasOwnProperty"]) {
      const right = `The "${name}" argument has the unknown key "${key}". Its known keys are: ${known}`;
      expect(await refusal(row, JSON.parse(`{ ${JSON.stringify(key)}: 1 }`))).toBe(right);
    }
  });

  test.each<[string, object]>([
    ["a symbol", { [Symbol("uids")]: [0] }],
    ["a key that is not enumerable", Object.defineProperty({}, "label", { value: 1 })],
    ["a key of a frozen object", Object.freeze({ label: 1 })],
    ["a key of an object without a prototype", Object.assign(Object.create(null), { label: 1 })],
  ])("an unknown key: %s", async (_name, value) => {
    expect(await refusal(row, value)).toContain("has the unknown key");
  });

  class Settings {}
  test.each<[string, unknown, string]>([
    ["null", null, "null"],
    ["a string", "uids", "type string ('uids')"],
    ["a number", 7, "type number (7)"],
    ["a boolean", true, "type boolean (true)"],
    ["an array", [], "an instance of Array"],
    ["a function", function settings() {}, "function settings"],
    ["a Map", new Map(), "an instance of Map"],
    ["an instance of a class", new Settings(), "an instance of Settings"],
    ["an object that inherits from another one", Object.create({ uids: [0] }), "an instance of Object"],
    ["an object that inherits from one without a prototype", Object.create(Object.create(null)), "an object"],
    ["a long string", "x".repeat(1000), `type string ('${"x".repeat(59)}...)`],
  ])("%s", async (_name, value, received) => {
    const right = `The "${name}" argument must be a plain object, which inherits nothing. Received ${received}`;
    expect(await refusal(row, value)).toBe(right);
  });

  test("an object that throws when it is read", async () => {
    const [key = "key"] = keys;
    const throwing = {
      get [key]() {
        throw new Error("not now");
      },
    };
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    for (const value of keys.length === 0 ? [revoked.proxy] : [throwing, revoked.proxy]) {
      expect(await refusal(row, value)).toBe(
        `The "${name}" argument must be readable. One of its properties threw an error`,
      );
    }
  });

  test.each(Object.entries(row.wrong))("%s of a wrong type", async (key, values) => {
    for (const value of [null, ...values]) {
      const message = await refusal(row, { [key]: value });
      expect(message).toMatch(/^The "\w+\.\w+(?:\[\d\])?" argument must be .+\. Received .+$/);
      expect(message).toContain(`"${name}.${key}`);
    }
  });

  test.skipIf(canNotListen(place))("undefined, for every option, and objects without any", async () => {
    const empty = Object.fromEntries(keys.map((key) => [key, undefined]));
    const marked = Object.defineProperty({}, Symbol("mark of a library"), { value: 1 });
    const plain = [{}, empty, Object.freeze({ ...empty }), Object.create(null), runInNewContext("({})"), marked];
    for (const value of name === "rule" ? plain : [undefined, ...plain])
      expect(await refusal(row, value)).toBeUndefined();
  });
});

test("a missing rule is refused", () => {
  expect(() => unix.requirePeer(undefined as never)).toThrow('The "rule" argument must be a plain object');
});

test("each option is read once", () => {
  let reads = 0;
  const uids = [1];
  unix.allowPeers(http.createServer(), {
    get uids() {
      reads++;
      return uids;
    },
  });
  expect(reads).toBe(1);
});

test("a listener's name that is not a string", () => {
  for (const name of [null, 1, { name: "api" }]) {
    expect(() => unix.getUnixListener(name as never)).toThrow('The "name" argument must be of type string');
  }
});

describe.skipIf(lacks("linux"))("a polluted Object.prototype", () => {
  const path = (subpath: string) => JSON.stringify(require.resolve(`../dist/${subpath}/index.js`));

  /** What a server with the rule `{}` does with a client of this user, while every object inherits `inherited`. */
  function answer(inherited: string): unknown {
    const file = socketPath();
    const ending = runNode(`
      const http = require("node:http"), { allowPeers, listenUnix } = require(${path("unix")});
      const { trackConnections } = require(${path("connections")});
      const server = http.createServer((req, res) => res.end("let in"));
      Object.assign(Object.prototype, ${inherited});
      const refusals = [];
      allowPeers(server, {}).on("refused", ({ reason }) => refusals.push(reason));
      trackConnections(server).close();
      const keys = Object.keys(${inherited});
      listenUnix(server, ${JSON.stringify(file)}).then(() => {
        const mode = require("node:fs").statSync(${JSON.stringify(file)}).mode & 0o777;
        for (const key of keys) delete Object.prototype[key];
        const end = (outcome) => { console.log(JSON.stringify({ outcome, refusals, mode })); server.close(); };
        http.get({ socketPath: ${JSON.stringify(file)}, agent: false }, (res) => { res.resume(); end(res.statusCode); }).on("error", () => end("closed"));
      });`);
    expect(ending).toMatchObject({ status: 0, stderr: "" });
    return JSON.parse(ending.stdout);
  }

  test.each([
    "{ extra: 1 }",
    "{ uids: [process.getuid()], check: () => true, refuseWith: 403 }",
    "{ mode: 0o777, context: 1, allowOverflowIds: true }",
  ])("admits no peer and breaks no call: %s", (inherited) => {
    expect(answer(inherited)).toEqual({ outcome: "closed", refusals: ["ids"], mode: 0o600 });
  });
});

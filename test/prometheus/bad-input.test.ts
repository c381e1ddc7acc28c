// Every wrong argument of registerMetrics is a typed error that says what to do, and leaves nothing in the register.
import http from "node:http";
import * as client from "prom-client";
import { SocketInfoError } from "sockinfo";
import { type ConnectionTracker, trackConnections } from "sockinfo/connections";
import { type PrometheusClient, registerMetrics } from "sockinfo/prometheus";
import { describe, expect, onTestFinished, test } from "vitest";
import { connectHttp1 } from "../helpers/http-clients";
import { makeServer, open } from "../helpers/http-servers";
import { observe, scrape, scrapeUntil, sum } from "./scrape";

function newTracker(): ConnectionTracker<undefined> {
  const tracker = trackConnections(http.createServer());
  onTestFinished(() => tracker.close());
  return tracker;
}

/** The error of a call that must throw. */
function errorOf(call: () => unknown): { code: string; message: string } {
  try {
    call();
  } catch (error) {
    if (!(error instanceof SocketInfoError)) throw error;
    return error;
  }
  throw new Error("it did not throw");
}

/** Called as by JavaScript, without types. */
const call = registerMetrics as (...parameters: unknown[]) => { close(): void };

const REFUSED: readonly (readonly [string, unknown, RegExp])[] = [
  ["no options", undefined, /"options" argument must be a plain object such as { client }\. Received undefined/],
  ["the client instead of options", client, /such as { client }\. Received the module prom-client itself/],
  ["no client", {}, /"options.client" argument must be the module prom-client. Received undefined/],
  ["null", { client: null }, /"options.client" argument must be the module prom-client/],
  ["a name", { client: "prom-client" }, /must be the module prom-client. Received type string/],
  ["the register instead of the client", { client: client.register }, /must be the module prom-client/],
  ["a part of the client", { client: { Counter: client.Counter } }, /must be the module prom-client/],
  [
    "an earlier version",
    { client: { ...client, Registry: class Registry {} } },
    /"options.client" argument must be version 15 of prom-client/,
  ],
  ["a register of another kind", { client, register: new Map() }, /"options.register" argument must be a Registry/],
  ["a null register", { client, register: null }, /"options.register" argument must be a Registry/],
  ["a prefix that is no string", { client, prefix: 5 }, /"options.prefix" argument must be a string of letters/],
  ["a prefix with a hyphen", { client, prefix: "my-app_" }, /"options.prefix" argument must be a string of letters/],
  ["a prefix that begins with a digit", { client, prefix: "2_" }, /"options.prefix" argument must be a string/],
  ["a class", { client, classify: "mobile" }, /"options.classify" argument must be of type function/],
  ["an unknown key", { client, prefx: "a_" }, /unknown key "prefx". Did you mean "prefix"\?/],
  [
    "a client that throws",
    {
      client: {
        ...client,
        Gauge: class {
          constructor() {
            throw new Error("no gauge");
          }
        },
      },
    },
    /"options.client" argument must be prom-client 15. It threw an error/,
  ],
];

describe("options", () => {
  test.each(REFUSED)("%s", async (_what, options, message) => {
    const error = errorOf(() => call(newTracker(), options));
    expect(error.code).toBe("ERR_SOCKINFO_INVALID_ARGUMENT");
    expect(error.message).toMatch(message);
    expect(await client.register.getMetricsAsJSON()).toEqual([]);
  });

  test("a client whose properties throw", () => {
    const hostile = new Proxy(client, {
      get() {
        throw new Error("hostile");
      },
    });
    expect(errorOf(() => call(newTracker(), { client: hostile })).code).toBe("ERR_SOCKINFO_INVALID_ARGUMENT");
  });

  test("prom-client 14, as npm has it", async () => {
    // oxlint-disable-next-line typescript/consistent-type-imports -- the module's own type
    const earlier = (await import("prom-client-14")) as unknown as PrometheusClient;
    const { code, message } = errorOf(() => call(newTracker(), { client: earlier }));
    expect([code, message]).toEqual([
      "ERR_SOCKINFO_INVALID_ARGUMENT",
      expect.stringContaining("must be version 15 of prom-client"),
    ]);
  });

  test("the client as import and require have it", () => {
    for (const each of [client, Object(client).default, require("prom-client")] as PrometheusClient[]) {
      registerMetrics(newTracker(), { client: each, register: new client.Registry() }).close();
    }
  });
});

describe("the tracker", () => {
  test.each([undefined, null, {}, http.createServer(), { tryFollow: () => undefined }])("%s", (value) => {
    const error = errorOf(() => call(value, { client }));
    expect(error.code).toBe("ERR_SOCKINFO_INVALID_ARGUMENT");
    expect(error.message).toMatch(
      /"tracker" argument must be a tracker that trackConnections\(\) of this copy of sockinfo returned/,
    );
  });

  test("that is closed", () => {
    const tracker = newTracker();
    tracker.close();
    const register = new client.Registry();
    expect(errorOf(() => registerMetrics(tracker, { client, register })).code).toBe("ERR_SOCKINFO_TRACKER_CLOSED");
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  test("that is registered already, until the first result is closed", () => {
    const tracker = newTracker();
    const options = { client, register: new client.Registry() };
    const first = registerMetrics(tracker, options);
    const { code, message } = errorOf(() => registerMetrics(tracker, options));
    expect([code, message]).toEqual(["ERR_SOCKINFO_INVALID_ARGUMENT", expect.stringMatching(/not be registered/)]);
    // In another place it may be.
    registerMetrics(tracker, { ...options, prefix: "other_" }).close();
    registerMetrics(tracker, { client, register: new client.Registry() }).close();
    first.close();
    registerMetrics(tracker, options).close();
    expect(options.register.getMetricsAsArray()).toEqual([]);
  });
});

describe("names", () => {
  test("that other code has registered", () => {
    const register = new client.Registry();
    const theirs = new client.Gauge({ name: "sockinfo_tcp_unsent_bytes", help: "theirs", registers: [register] });
    const { code, message } = errorOf(() => registerMetrics(newTracker(), { client, register }));
    expect(code).toBe("ERR_SOCKINFO_INVALID_ARGUMENT");
    expect(message).toMatch(/already has a metric with the name "sockinfo_tcp_unsent_bytes"\. Pass another options\./);
    expect(register.getMetricsAsArray()).toEqual([theirs]);
    const registration = registerMetrics(newTracker(), { client, register, prefix: "app_" });
    expect(register.getSingleMetric("app_tcp_unsent_bytes")).toBeDefined();
    registration.close();
    expect(register.getMetricsAsArray()).toEqual([theirs]);
  });

  test("an empty prefix", () => {
    const register = new client.Registry();
    const registration = registerMetrics(newTracker(), { client, register, prefix: "" });
    expect(register.getSingleMetric("connections_opened_total")).toBeDefined();
    registration.close();
  });

  test("a register that refuses a metric gets none", () => {
    const register = new client.Registry();
    const add = register.registerMetric.bind(register);
    let count = 0;
    register.registerMetric = (metric) => {
      if (++count > 5) throw new Error("full");
      add(metric);
    };
    const tracker = newTracker();
    expect(errorOf(() => registerMetrics(tracker, { client, register })).code).toBe("ERR_SOCKINFO_INVALID_ARGUMENT");
    expect(register.getMetricsAsArray()).toEqual([]);
    register.registerMetric = add;
    registerMetrics(tracker, { client, register }).close();
  });

  test("classes for one tracker and none for another", () => {
    const register = new client.Registry();
    const classify = () => "a";
    const first = registerMetrics(newTracker(), { client, register, classify });
    expect(errorOf(() => registerMetrics(newTracker(), { client, register })).message).toMatch(/must be given/);
    first.close();
    const second = registerMetrics(newTracker(), { client, register });
    expect(errorOf(() => registerMetrics(newTracker(), { client, register, classify })).message).toMatch(
      /must not be given/,
    );
    second.close();
    expect(register.getMetricsAsArray()).toEqual([]);
  });
});

const OTHER = 'sockinfo_connections_opened_total{class="other"}';

describe("classify", () => {
  const wrong: readonly (readonly [string, () => unknown])[] = [
    [
      "throws",
      () => {
        throw new Error("a caller's mistake");
      },
    ],
    ["returns undefined", () => undefined],
    ["returns an object", () => ({ toString: () => "mobile" })],
    ["returns a promise", () => Promise.resolve("mobile")],
    ["returns an empty string", () => ""],
    ["returns a long string", () => "x".repeat(101)],
  ];

  test.each(wrong)('that %s makes the connection "other", with one warning', async (_what, classify) => {
    const warnings: Error[] = [];
    const listener = (warning: Error) => void warnings.push(warning);
    process.on("warning", listener);
    onTestFinished(() => void process.off("warning", listener));
    const server = await open(makeServer("http"));
    const { register } = observe(server, { classify: classify as () => string });
    for (let each = 0; each < 3; each++) await (await connectHttp1(server, "http")).get();
    const series = await scrape(register);
    expect(series.get(OTHER)).toBe(3);
    expect(sum(series, "sockinfo_connections")).toBe(3);
    await new Promise(setImmediate);
    expect(warnings.map(({ name }) => name)).toEqual(["SocketInfoWarning"]);
    expect(warnings[0]?.message).toMatch(/"classify" function of the metrics (threw|must return)/);
  });

  test("that closes everything does no harm", async () => {
    const server = await open(makeServer("http"));
    const { register, tracker, close } = observe(server, {
      classify: () => {
        close();
        tracker.close();
        return "last";
      },
    });
    const events: string[] = [];
    tracker.on("new", () => events.push("new"));
    const peer = await connectHttp1(server, "http");
    await peer.get();
    expect(register.getMetricsAsArray()).toEqual([]);
    expect(tracker.size).toBe(0);
    expect(events).toEqual([]);
  });

  test("is called once for each connection, with its context", async () => {
    const server = await open(makeServer("http"));
    const tracker = trackConnections(server, { context: ({ remotePort }) => ({ odd: (remotePort ?? 0) % 2 === 1 }) });
    onTestFinished(() => tracker.close());
    const register = new client.Registry();
    const seen: number[] = [];
    const registration = registerMetrics(tracker, {
      client,
      register,
      classify: ({ id, context }) => {
        seen.push(id);
        return context.odd ? "odd" : "even";
      },
    });
    onTestFinished(() => registration.close());
    const peers = await Promise.all(Array.from({ length: 6 }, () => connectHttp1(server, "http")));
    for (const peer of peers) await peer.get();
    await scrape(register);
    for (const peer of peers) peer.end();
    const series = await scrapeUntil(register, (each) => sum(each, "sockinfo_connections") === 0);
    const odd = peers.filter(({ wire }) => (wire.localPort ?? 0) % 2 === 1).length;
    const closed = (name: string) =>
      series.get(`sockinfo_connections_closed_total{class="${name}",reason="client-end"}`);
    expect([closed("odd") ?? 0, closed("even") ?? 0]).toEqual([odd, 6 - odd]);
    expect(new Set(seen).size).toBe(6);
    expect(seen).toHaveLength(6);
  });
});

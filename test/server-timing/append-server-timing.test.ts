// The header on every kind of server, as its client gets it: appended, once for each field, and never too long.
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import http2 from "node:http2";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { tryGetTcpInfo } from "sockinfo";
import { appendServerTiming, describeServerTiming, type ServerTimingField } from "sockinfo/server-timing";
import { describe, expect, onTestFinished, test } from "vitest";
// Not public: the form of each metric.
import { SERVER_TIMING_FIELDS, toMetric } from "../../src/server-timing/metrics";
import { runNode } from "../helpers/child";
import { connect } from "../helpers/http-clients";
import { certificate, isHttp2, isTls, KINDS, type Kind, makeServer, open } from "../helpers/http-servers";
import { lacks } from "../helpers/needs";
import { argumentErrorOf } from "../helpers/refusals";
import { portOf, until } from "../helpers/servers";
import { readSs } from "../helpers/ss";

type Handler = (req: IncomingMessage, res: ServerResponse) => void;

/** The headers of one response, in the form that `name` has in the response of this protocol. */
async function timingOf(kind: Kind, handler: Handler): Promise<string | undefined> {
  const server = await open(makeServer(kind, handler), kind);
  if (isHttp2(kind)) return timingOverHttp2(portOf(server), kind === "h2");
  const address = server.address();
  const target = typeof address === "string" ? { socketPath: address } : { port: portOf(server), host: "127.0.0.1" };
  // oxlint-disable-next-line typescript/no-misused-spread -- a plain object
  const options = { ...target, agent: false, rejectUnauthorized: false };
  const request = isTls(kind) ? (await import("node:https")).get(options) : http.get(options);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  await text(response);
  return response.headers["server-timing"] as string | undefined;
}

async function timingOverHttp2(port: number, secure: boolean): Promise<string | undefined> {
  const session = http2.connect(`http${secure ? "s" : ""}://127.0.0.1:${port}`, {
    ca: certificate().cert,
    checkServerIdentity: () => undefined,
  });
  onTestFinished(() => session.destroy());
  const stream = session.request();
  const [headers] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
  stream.resume();
  return headers["server-timing"] as string | undefined;
}

const ALL: readonly ServerTimingField[] = [
  "rttMs",
  "minRttMs",
  "rttVarMs",
  "deliveryRateBytesPerSecond",
  "retransmittedSegments",
];
const number = String.raw`\d+(\.\d+)?`;
const RTT = `tcp-rtt;dur=${number};desc="TCP RTT"`;
const MIN_RTT = process.platform === "linux" ? `, tcp-min-rtt;dur=${number};desc="TCP RTT min"` : "";
const BOTH = `${RTT}${MIN_RTT}`;

describe.each(KINDS)("%s", (kind) => {
  const expectTiming = (header: string | undefined, form: string, returned: unknown): void => {
    if (kind === "unix") expect([header, returned]).toEqual([undefined, false]);
    else {
      expect(header).toMatch(new RegExp(`^${form}$`));
      expect(returned).toBe(true);
    }
  };

  test("the header alone", async () => {
    let returned: unknown;
    const header = await timingOf(kind, (_, res) => {
      returned = appendServerTiming(res);
      res.end("ok");
    });
    expectTiming(header, BOTH, returned);
  });

  test.each([
    ["a text", "db;dur=53"],
    ["a list", ["db;dur=53", "cache"]],
  ])("what the header has already stays: %s", async (_, before) => {
    let returned: unknown;
    const header = await timingOf(kind, (_req, res) => {
      res.setHeader("server-timing", before);
      returned = appendServerTiming(res);
      res.end("ok");
    });
    const own = [before].flat().join(", ");
    if (kind === "unix") expect(header).toBe(own);
    else expectTiming(header, `${own}, ${BOTH}`, returned);
  });

  test("what is appended later follows", async () => {
    const header = await timingOf(kind, (_, res) => {
      appendServerTiming(res, { fields: ["rttMs"] });
      res.setHeader("server-timing", [res.getHeader("server-timing") ?? [], "db;dur=53"].flat() as string[]);
      res.end("ok");
    });
    expect(header).toMatch(kind === "unix" ? /^db;dur=53$/ : new RegExp(`^${RTT}, db;dur=53$`));
  });

  test("a field is appended once, however often the function is called", async () => {
    const returned: unknown[] = [];
    const header = await timingOf(kind, (_, res) => {
      for (let call = 0; call < 100; call++) returned.push(appendServerTiming(res, { fields: ["rttMs", "rttMs"] }));
      res.end("ok");
    });
    expectTiming(header, RTT, returned[0]);
    expect(returned.filter(Boolean)).toHaveLength(kind === "unix" ? 0 : 1);
  });

  test("after the headers are sent nothing is appended, and nothing is thrown", async () => {
    const returned: unknown[] = [];
    await timingOf(kind, (_, res) => {
      res.write("o");
      returned.push(appendServerTiming(res));
      res.on("close", () => returned.push(appendServerTiming(res)));
      res.end("k");
    });
    await until(() => returned.length === 2);
    expect(returned).toEqual([false, false]);
  });

  test("nothing is thrown when the client has gone", async () => {
    const returned: unknown[] = [];
    const server = makeServer(kind, (req, res) => {
      const append = (): void => void returned.push(typeof appendServerTiming(res));
      res.on("close", append);
      req.on("close", append).on("aborted", append).on("error", append);
      client.wire.destroy();
    });
    const client = await connect(await open(server, kind), kind);
    client.send("/");
    await until(() => returned.length >= 2);
    expect(new Set(returned)).toEqual(new Set(["boolean"]));
  });
});

test("the fields in the order of the options", async () => {
  const header = await timingOf("http", (_, res) => {
    appendServerTiming(res, { fields: ["retransmittedSegments", "rttVarMs", "rttMs"] });
    res.end("ok");
  });
  expect(header?.split(", ").map((metric) => metric.split(";")[0])).toEqual([
    "tcp-retransmitted",
    "tcp-rtt-var",
    "tcp-rtt",
  ]);
});

test("the first request of a connection has no delivery rate, the second has one", async () => {
  const headers: (string | undefined)[] = [];
  const server = makeServer("http", (req, res) => {
    headers.push(describeServerTiming(req, { fields: ["deliveryRateBytesPerSecond"] }));
    res.end("ok");
  });
  const client = await connect(await open(server), "http");
  await client.get();
  await client.get();
  expect(headers[0]).toBeUndefined();
  if (process.platform === "linux") expect(headers[1]).toMatch(/^tcp-delivery-rate;desc="TCP delivery \d+ B\/s"$/);
});

test.skipIf(lacks("ss"))("the numbers are those of ss", async () => {
  let [header, ss, retransmitted]: [string | undefined, Record<string, unknown>, number | undefined] = ["", {}, NaN];
  const server = makeServer("http", (req, res) => {
    header = describeServerTiming(req, { fields: ALL });
    ss = readSs(req.socket);
    retransmitted = tryGetTcpInfo(req)?.retransmittedSegments;
    res.end("ok");
  });
  const client = await connect(await open(server), "http");
  await client.get();
  await client.get();
  const numberOf = (metric: string) => Number(new RegExp(`${metric};[^,]*?([\\d.]+)`).exec(header ?? "")?.[1]);
  expect(numberOf("tcp-rtt")).toBeCloseTo(ss["rttMs"] as number, 2);
  expect(numberOf("tcp-rtt-var")).toBeCloseTo(ss["rttVarMs"] as number, 2);
  expect(numberOf("tcp-min-rtt")).toBeCloseTo(ss["minRttMs"] as number, 2);
  expect(numberOf("tcp-delivery-rate") / (ss["deliveryRateBytesPerSecond"] as number)).toBeCloseTo(1, 2);
  expect(numberOf("tcp-retransmitted")).toBe(retransmitted);
});

describe("the form", () => {
  test("all fields with their largest values are shorter than 256 bytes", () => {
    const largest = { rttMs: 0xffff_ffff / 1000, minRttMs: 0xffff_ffff / 1000, rttVarMs: 0xffff_ffff / 1000 };
    const values = { ...largest, deliveryRateBytesPerSecond: 2 ** 64, retransmittedSegments: 0xffff_ffff };
    const header = SERVER_TIMING_FIELDS.map((field) => toMetric(field, values)).join(", ");
    expect(SERVER_TIMING_FIELDS).toEqual(ALL);
    expect(header.length).toBeGreaterThan(200);
    expect(header.length).toBeLessThan(256);
  });

  test.each([NaN, Infinity, -Infinity, undefined])("%s is left out", (value) => {
    for (const field of ALL) expect(toMetric(field, { [field]: value })).toBeUndefined();
  });

  test("a number is written without an exponent", () => {
    expect(toMetric("rttMs", { rttMs: 0.001 })).toBe('tcp-rtt;dur=0.001;desc="TCP RTT"');
    expect(toMetric("deliveryRateBytesPerSecond", { deliveryRateBytesPerSecond: 2 ** 64 })).not.toMatch(/\de/);
  });
});

test("describeServerTiming for a stream of HTTP/2", async () => {
  const server = http2.createServer().on("stream", (stream) => {
    const timing = describeServerTiming(stream);
    stream.respond({ ":status": 200, ...(timing !== undefined && { "server-timing": timing }) });
    stream.end();
  });
  await open(server);
  expect(await timingOverHttp2(portOf(server), false)).toMatch(new RegExp(`^${BOTH}$`));
});

describe("wrong arguments", () => {
  test("a response whose properties throw", async () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error("no");
        },
      },
    );
    expect(await argumentErrorOf(() => appendServerTiming(hostile as never))).toMatch(/^The "res" argument must be/);
  });

  test.each([[undefined], [null], ["res"], [5], [{}], [{ setHeader: () => {} }]])("response %o", async (res) => {
    expect(await argumentErrorOf(() => appendServerTiming(res as never))).toMatch(
      /^The "res" argument must be a response/,
    );
  });

  test.each([
    [{ field: ["rttMs"] }, 'Did you mean "fields"?'],
    [{ fields: "rttMs" }, 'The "options.fields" argument must be an array'],
    [{ fields: ["rtt"] }, "The \"options.fields[0]\" argument must be one of: 'rttMs'"],
    [null, 'The "options" argument must be a plain object'],
  ])("options %o", async (options, message) => {
    const errors: unknown[] = [];
    await timingOf("http", (req, res) => {
      void Promise.all([
        argumentErrorOf(() => appendServerTiming(res, options as never)),
        argumentErrorOf(() => describeServerTiming(req, options as never)),
      ]).then((found) => {
        errors.push(...found);
        return res.end();
      });
    });
    expect(errors).toHaveLength(2);
    for (const error of errors) expect(error).toContain(message);
  });

  test.each([[undefined], [null], ["req"]])("source %o", async (source) => {
    expect(await argumentErrorOf(() => describeServerTiming(source as never))).toMatch(/^The "source" argument must/);
  });
});

test("a response without a socket gets no header", () => {
  const res = new http.ServerResponse(new http.IncomingMessage(undefined as never));
  expect(appendServerTiming(res)).toBe(false);
  expect(res.getHeaderNames()).toEqual([]);
});

test("without the native module nothing is appended, and nothing is thrown", () => {
  const script = `
    const { appendServerTiming, describeServerTiming } = require(process.cwd() + "/dist/server-timing");
    const server = require("http").createServer((req, res) => {
      console.log(appendServerTiming(res), describeServerTiming(req), res.getHeaderNames().length);
      res.end();
      server.close();
    });
    server.listen(0, "127.0.0.1", () => require("http").get({ port: server.address().port, host: "127.0.0.1", agent: false }));`;
  expect(runNode(script, ["--no-addons"])).toMatchObject({ stdout: "false undefined 0", stderr: "" });
});

test("the values are read at the call", async () => {
  const seen: unknown[] = [];
  const server = makeServer("http", (req, res) => {
    seen.push(
      describeServerTiming(req, { fields: ["rttMs"] }),
      `tcp-rtt;dur=${tryGetTcpInfo(req)?.rttMs};desc="TCP RTT"`,
    );
    res.end("ok");
  });
  await (await connect(await open(server), "http")).get();
  expect(seen[0]).toBe(seen[1]);
});

// The lines of the real loggers, with what docs/logging.md shows, against the client's end of the connection: pino,
// pino-http, Fastify, morgan and console. Some requests are answered, and some lose their client.
import { Console } from "node:console";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { PassThrough } from "node:stream";
import Fastify, { type FastifyReply } from "fastify";
import morgan from "morgan";
import { pino } from "pino";
import { pinoHttp } from "pino-http";
import { type Connection, trackConnections } from "sockinfo/connections";
import { describeTcp, serializers, type TcpDescription } from "sockinfo/logging";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type Client, connect } from "../helpers/http-clients";
import { KINDS, makeServer, open, type Kind } from "../helpers/http-servers";
import { until } from "../helpers/servers";

type TcpOfLine = Readonly<Record<string, unknown>> | undefined;

morgan.token("rtt", (req) => describeTcp(req)?.rttMs?.toFixed(3));
morgan.token("requests", (req) => describeTcp(req)?.connectionRequests?.toString());

/** A destination of pino or morgan. */
const into = (lines: string[]) => ({ write: (text: string) => void lines.push(text) });

/** Each returns a middleware, which writes to `lines`. */
const LOGGERS: Record<string, (lines: string[]) => (req: IncomingMessage, res: ServerResponse) => void> = {
  "pino-http, customProps": (lines) =>
    pinoHttp({ customProps: (req) => (req.log ? { tcp: describeTcp(req) } : {}) }, into(lines)),
  "pino-http, serializer": (lines) =>
    pinoHttp(
      {
        serializers,
        customSuccessObject: (req, _, line: object) => ({ ...line, tcp: req }),
        customErrorObject: (req, _, __, line: object) => ({ ...line, tcp: req }),
      },
      into(lines),
    ),
  pino: (lines) => {
    const log = pino({ serializers }, into(lines));
    return (req, res) => void res.on("close", () => log.info({ tcp: req }, "done"));
  },
  morgan: (lines) => {
    const log = morgan('{"tcp":{"rttMs":":rtt","connectionRequests":":requests"}}', { stream: into(lines) });
    return (req, res) => log(req, res, () => {});
  },
  console: (lines) => (req, res) =>
    void res.on("close", () => lines.push(JSON.stringify({ url: req.url, tcp: describeTcp(req) }))),
};

async function logOf(logger: string, kind: Kind, path: string): Promise<string[]> {
  const lines: string[] = [];
  const log = LOGGERS[logger]?.(lines);
  let leave = (): void => {};
  const handler: RequestListener = (req, res) => {
    log?.(req, res);
    res.write("x");
    if (path === "/") res.end();
    else leave();
  };
  const server = makeServer(kind, handler);
  const tracker = trackConnections(server);
  onTestFinished(() => tracker.close());
  await open(server, kind);
  const client = await connect(server, kind);
  leave = () => void client.wire.destroy();
  client.send(path);
  await until(() => lines.length > 0);
  return lines;
}

/** As in the raw line, because JSON.parse hides a key that is there twice. */
const countTcp = (line: string): number => line.split('"tcp":').length - 1;

describe.each(Object.keys(LOGGERS))("%s", (logger) => {
  describe.each(KINDS)("%s", (kind) => {
    test.each([
      ["an answered request", "/"],
      ["a request whose client went away", "/hang"],
    ])("%s has one line with its connection", async (_, path) => {
      const lines = await logOf(logger, kind, path);
      expect(lines).toHaveLength(1);
      const [line = ""] = lines;
      expect(countTcp(line)).toBe(1);
      const { tcp } = JSON.parse(line) as { tcp: TcpOfLine };
      expect(Number(tcp?.["connectionRequests"])).toBe(1);
      const rtt = tcp?.["rttMs"];
      if (kind === "unix") expect([undefined, "-"]).toContain(rtt);
      else expect(Number(rtt)).toBeGreaterThan(0);
    });
  });
});

test("console.log prints one flat object", async () => {
  const stdout = new PassThrough({ encoding: "utf8" });
  const printed = new Console({ stdout });
  const server = makeServer("http", (req, res) => {
    printed.log(req.method, req.url, describeTcp(req));
    res.end("ok");
  });
  await (await connect(await open(server), "http")).get("/page");
  expect(stdout.read()).toMatch(/^GET \/page \{\n {2}tcpState: 'ESTABLISHED',\n {2}rttMs: [\d.]+,\n/);
});

describe.each(["http", "h2c"] as const)("Fastify, %s", (kind) => {
  interface FastifyLine {
    readonly msg: string;
    readonly tcp?: TcpDescription;
    readonly res?: { readonly tcp?: TcpDescription };
  }

  /** `leave` is called by the handler of `/hang`. */
  async function start(leave: (client: Client) => void) {
    const lines: FastifyLine[] = [];
    const app = Fastify({
      ...(kind === "h2c" && { http2: true as never }),
      logger: {
        stream: { write: (text: string) => void lines.push(JSON.parse(text) as FastifyLine) },
        serializers: {
          ...serializers,
          res: (reply) => ({ statusCode: reply.statusCode, tcp: describeTcp(reply as FastifyReply) }),
        },
      },
    });
    app.addHook("onRequestAbort", async (request) => request.log.info({ tcp: request }, "request aborted"));
    app.get("/", (request) => {
      request.log.info({ tcp: request }, "in the handler");
      return "ok";
    });
    app.get("/hang", () => new Promise(() => leave(client)));
    const tracker = trackConnections(app.server);
    onTestFinished(() => tracker.close());
    await app.ready();
    const client = await connect(await open(app.server), kind);
    const lineOf = async (message: string) => {
      await until(() => lines.some(({ msg }) => msg === message));
      return lines.find(({ msg }) => msg === message);
    };
    return { client, lineOf };
  }

  test("its own line about the response has the connection, and so have lines of handlers", async () => {
    const { client, lineOf } = await start(() => {});
    await client.get("/");
    const tcp = { connectionRequests: 1, tcpState: "ESTABLISHED", rttMs: expect.any(Number) as unknown };
    expect((await lineOf("in the handler"))?.tcp).toMatchObject(tcp);
    expect((await lineOf("request completed"))?.res?.tcp).toMatchObject(tcp);
  });

  test("a request whose client went away", async () => {
    const { client, lineOf } = await start(({ wire }) => void wire.destroy());
    client.send("/hang");
    expect((await lineOf("request aborted"))?.tcp).toMatchObject({ connectionRequests: 1, rttMs: expect.any(Number) });
  });
});

describe("serializers", () => {
  const write = (line: object): Record<string, unknown> => {
    const lines: string[] = [];
    pino({ serializers }, into(lines)).info(line);
    return JSON.parse(lines[0] as string) as Record<string, unknown>;
  };

  test("a connection is a flat object", async () => {
    const server = makeServer("http");
    const tracker = trackConnections(server);
    onTestFinished(() => tracker.close());
    await connect(await open(server), "http");
    await until(() => tracker.size === 1);
    const [connection] = [...tracker] as [Connection];
    expect(write({ connection })["connection"]).toMatchObject({ connectionId: connection.id, tcpState: "ESTABLISHED" });
  });

  test.each([["a text"], [5], [null], [true], [{ rttMs: 1, host: "db" }], [["a"]]])(
    "what others log under the same keys stays: %o",
    (value) => expect(write({ tcp: value, connection: value })).toMatchObject({ tcp: value, connection: value }),
  );

  test("a request without a connection is left out, because its headers may hold secrets", () => {
    class MockRequest {
      readonly headers = { authorization: "secret" };
    }
    expect(JSON.stringify(write({ tcp: new MockRequest() }))).not.toContain("secret");
  });

  test("objects whose properties throw do not reach the caller", () => {
    const hostile = () =>
      new Proxy(
        {},
        {
          get: () => {
            throw new Error("no");
          },
          getPrototypeOf: () => {
            throw new Error("no");
          },
        },
      );
    expect(serializers.tcp(hostile())).toBeUndefined();
    const value = hostile();
    expect(serializers.connection(value)).toBe(value);
  });

  test("pino does not call the serializer for a line that it does not write", () => {
    const tcp = vi.fn(serializers.tcp);
    const log = pino({ level: "info", serializers: { tcp } }, into([]));
    log.debug({ tcp: {} });
    expect(tcp).not.toHaveBeenCalled();
    log.info({ tcp: {} });
    expect(tcp).toHaveBeenCalledOnce();
  });
});

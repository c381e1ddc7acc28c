// Access logs of morgan and pino-http, as docs/guides/log-slow-requests.md shows them, against the client's own end of
// the connection. Some requests are answered, and some lose their client.
import type { IncomingMessage, RequestListener } from "node:http";
import morgan from "morgan";
import { pinoHttp } from "pino-http";
import { tryGetTcpInfo } from "sockinfo";
import { trackConnections } from "sockinfo/connections";
import { describePeer } from "sockinfo/unix";
import { describe, expect, onTestFinished, test } from "vitest";
import { connect } from "../helpers/http-clients";
import { KINDS, makeServer, open, type Kind } from "../helpers/http-servers";
import { until } from "../helpers/servers";

interface Line {
  readonly peer?: unknown;
  readonly rttMs?: unknown;
}

morgan.token("peer", (req) => describePeer(req));
morgan.token("rtt", (req) => tryGetTcpInfo(req)?.rttMs?.toFixed(3));

const network = (req: IncomingMessage): Line => ({ peer: describePeer(req), rttMs: tryGetTcpInfo(req)?.rttMs });

/** Each returns a middleware that adds to `lines`. */
const LOGGERS: Record<string, (lines: Line[]) => RequestListener> = {
  morgan: (lines) => {
    const write = (text: string): void => {
      const [peer, rtt] = text.trim().split(" ");
      lines.push({ peer, rttMs: rtt === "-" ? undefined : Number(rtt) });
    };
    const log = morgan(":peer :rtt", { stream: { write } });
    return (req, res) => log(req, res, () => {});
  },
  "pino-http": (lines) =>
    pinoHttp(
      {
        customSuccessObject: (req, _, line: object) => ({ ...line, ...network(req) }),
        customErrorObject: (req, _, __, line: object) => ({ ...line, ...network(req) }),
      },
      { write: (text: string) => void lines.push(JSON.parse(text) as Line) },
    ),
};

async function logOf(logger: string, kind: Kind, path: string): Promise<{ lines: Line[]; port: number | undefined }> {
  const lines: Line[] = [];
  const log = LOGGERS[logger]?.(lines);
  let abort = (): void => {};
  const server = makeServer(kind, (req, res) => {
    log?.(req, res);
    res.write("x");
    if (path === "/") res.end();
    else setTimeout(() => abort(), 10);
  });
  const tracker = trackConnections(server);
  onTestFinished(() => tracker.close());
  await open(server, kind);
  const client = await connect(server, kind);
  const { localPort: port } = client.wire;
  abort = () => void client.wire.destroy();
  client.send(path);
  await until(() => lines.length > 0);
  return { lines, port };
}

describe.each(Object.keys(LOGGERS))("%s", (logger) => {
  describe.each(KINDS)("%s", (kind) => {
    test.each([
      ["an answered request", "/"],
      ["a request whose client went away", "/hang"],
    ])("%s is logged with its peer and its round-trip time", async (_, path) => {
      const { lines, port } = await logOf(logger, kind, path);
      const peer = kind === "unix" ? `unix:uid=${process.geteuid?.()},pid=${process.pid}` : `tcp:127.0.0.1:${port}`;
      const rttMs = kind === "unix" ? undefined : (expect.any(Number) as unknown);
      expect(lines.map((line) => [line.peer, line.rttMs])).toEqual([[peer, rttMs]]);
    });
  });
});

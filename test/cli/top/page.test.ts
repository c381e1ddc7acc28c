// sockinfo top as the client of a page: the real one, and pages that refuse, lie, fall silent or never stop.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttpServer, get } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import type { TopFrame } from "../../../src/cli/top/frame";
import { lacks } from "../../helpers/needs";
import { until } from "../../helpers/servers";
import { type Answer, FRAME, listenFakePage, ROW, sendFrames } from "./fake-page";
import { PROGRAM, TmuxTerminal, topCommand } from "./tmux";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function serve(answer: Answer, isUnix = true): ReturnType<typeof listenFakePage> {
  const page = await listenFakePage(answer, isUnix);
  closers.push(() => page.close());
  return page;
}

interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs until it ends, or until it has printed so many lines. */
async function runTop(parameters: readonly string[], lines = Infinity): Promise<Ending> {
  const child = spawn(process.execPath, [PROGRAM, "top", ...parameters], { stdio: ["ignore", "pipe", "pipe"] });
  closers.push(() => child.kill("SIGKILL"));
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    if (stdout.split("\n").length > lines) child.kill();
  });
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
  return { code: code as number | null, stdout, stderr };
}

const json = ({ stdout }: Ending): TopFrame[] =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as TopFrame);

const later = (totals: object, takenAt: string): object => ({
  ...FRAME,
  takenAt,
  totals: { ...FRAME.totals, ...totals },
});

describe.skipIf(process.platform === "win32")("frames of a page", () => {
  test("are printed as JSON, with what has changed since the one before", async () => {
    const second = later({ openedTotal: 42, closedTotal: 38 }, "2026-11-30T10:00:01.000Z");
    const page = await serve(sendFrames(FRAME, FRAME, FRAME, second));
    const [first, next] = json(await runTop(["--json", page.address], 2));
    expect(first).toMatchObject({ version: 1, takenAt: FRAME.takenAt, matching: 3, order: "trouble" });
    expect(first?.rows[0]).toMatchObject({
      id: "1",
      state: "active",
      path: "/reports/2026",
      requestsServed: 12,
      requestsInFlight: 1,
      shares: ROW.shares,
    });
    expect(first?.totals).toMatchObject({ requestsInFlight: 1, states: { active: 1, idle: 2 } });
    expect(next?.totals).toMatchObject({ opened: 2, closed: 1 });
    expect(page.requests[0]?.url).toBe("/events?order=trouble&descending=1&limit=100");
    expect(page.requests[0]?.headers).toMatchObject({ host: "localhost", accept: "text/event-stream" });
  });

  test("in a pipe: one table", async () => {
    const second = later({}, "2026-11-30T10:00:01.000Z");
    const page = await serve(sendFrames(FRAME, second));
    const { code, stdout, stderr } = await runTop([page.address, "--sort", "rtt"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("/reports/2026");
    const remotes = stdout
      .trimEnd()
      .split("\n")
      .slice(3)
      .map((line) => line.split(" ")[0]);
    expect(remotes).toEqual(["192.0.2.7:50123", "[2001:db8::1:7]:41000", "192.0.2.200:50999"]);
    expect(page.requests[0]?.url).toContain("order=rttMs");
  });

  test.each([
    ["traffic", "trafficBytesPerSecond"],
    ["queueing", "queueingMs"],
    ["retransmitting", "newlyRetransmittedSegments"],
  ])("the page sorts by %s itself", async (order, key) => {
    const page = await serve(sendFrames(FRAME));
    await runTop(["--json", "--sort", order, page.address], 1);
    expect(page.requests[0]?.url).toContain(`order=${key}&`);
  });

  test("while the reader of the JSON is behind, looks are left out", async () => {
    const rows = Array.from({ length: 100 }, () => ({ ...ROW, path: "/".repeat(200), sentence: "a".repeat(400) }));
    let sent = 0;
    const page = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const send = (): void => {
        response.write(`event: frame\ndata: ${JSON.stringify({ ...FRAME, rows, takenAt: String(sent++) })}\n\n`);
      };
      const timer = setInterval(send, 300);
      response.on("close", () => clearInterval(timer));
    });
    const child = spawn(process.execPath, [PROGRAM, "top", "--json", page.address], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    closers.push(() => child.kill("SIGKILL"));
    // The pipe has space for a few of the lines.
    await until(() => sent > 16);
    const seen: number[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      seen.push(Number((JSON.parse(line) as TopFrame).takenAt));
      if ((seen.at(-1) ?? 0) > 16) break;
    }
    const gaps = seen.map((number, index) => number - (seen[index - 1] ?? number));
    expect(Math.max(...gaps)).toBeGreaterThan(5);
  });

  test.each(["unread", "remote"])("the order %s is refused, because the page has none", async (order) => {
    const { code, stderr } = await runTop(["/nonexistent/page.sock", "--sort", order]);
    expect(code).toBe(2);
    expect(stderr).toContain(`A page has no order "${order}". Its orders are: trouble, traffic, rtt,`);
  });

  test.each([
    [":50123", 1],
    [":5012", 0],
    [":443", 3],
    ["192.0.2.", 2],
    ["LOSSY", 1],
    ["/reports", 1],
  ])("the filter %s", async (filter, count) => {
    const page = await serve(sendFrames(FRAME, later({}, "2026-11-30T10:00:01.000Z")));
    const { stdout } = await runTop([page.address, "--filter", filter]);
    const rows = stdout.trimEnd().split("\n").slice(3);
    if (count > 0) expect(rows).toHaveLength(count);
    else expect(rows.join()).toMatch(/^Nothing matches. A filter searches in addresses, .*verdicts, or is a :port$/);
  });

  test("an IPv4 address on an IPv6 socket is shown as IPv4", async () => {
    const row = { ...ROW, remote: "[::ffff:192.0.2.7]:50123", local: "[::ffff:7f00:1]:80" };
    const page = await serve(sendFrames({ ...FRAME, rows: [row] }));
    const [frame] = json(await runTop(["--json", page.address], 1));
    expect(frame?.rows[0]).toMatchObject({ remote: "192.0.2.7:50123", local: "[::ffff:7f00:1]:80" });
  });

  test("the token goes to the page only, and is not shown", async () => {
    const page = await serve(sendFrames(FRAME), false);
    const address = `${page.address}/admin?token=s3cret`;
    const ending = await runTop([address, "--json"], 1);
    expect(json(ending)).toHaveLength(1);
    expect(page.requests[0]).toMatchObject({ url: "/admin/events?order=trouble&descending=1&limit=100" });
    expect(page.requests[0]?.headers["authorization"]).toBe("Bearer s3cret");
    expect(ending.stdout + ending.stderr).not.toContain("s3cret");
  });
});

describe("a page that is none, or hostile", () => {
  const html: Answer = (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<h1>hello");
  test.each<[string, Answer, string]>([
    ["another server", html, "This is not a sockinfo page\n"],
    [
      "a refusal",
      (_, response) => response.writeHead(401).end("The token is missing\nmore"),
      "The page answers 401: The token is missing",
    ],
    [
      "a page at another path",
      (_, response) => response.writeHead(404).end("Not found"),
      "The page answers 404. Use the whole address that was printed\n",
    ],
    [
      "an error in HTML",
      (_, response) => response.writeHead(500, { "content-type": "text/html" }).end("<h1>Oh no"),
      "The page answers 500\n",
    ],
    ["a refusal without words", (_, response) => response.writeHead(503).end(), "The page answers 503"],
    ["an endless refusal", endless(403, "no \u001B[31m\u202E"), "The page answers 403: no ?[31m?no ?[31m?"],
    ["an end before the headers", (request) => request.socket.destroy(), "socket hang up"],
    [
      "a compressed stream",
      (_, response) => response.writeHead(200, { "content-type": "text/event-stream", "content-encoding": "br" }).end(),
      "This is not a sockinfo page\n",
    ],
    ["a line that never ends", endless(200, "a".repeat(65_536)), "The page sends lines that are too long"],
    [
      "a stream without frames",
      (_, response) => response.writeHead(200, { "content-type": "text/event-stream" }).write(": hello\n\n"),
      "The page sends nothing",
    ],
    [
      "an end without a frame",
      (_, response) => response.writeHead(200, { "content-type": "text/event-stream" }).end(),
      "The page has ended the stream",
    ],
  ])("%s ends it with a line", async (_, answer, message) => {
    const page = await serve(answer);
    const { code, stdout, stderr } = await runTop([page.address, "--json"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`sockinfo: ${message}`);
    expect(stderr.length).toBeLessThan(400);
    expect(stderr.trimEnd()).toMatch(/^[\n -~]*$/);
  });

  test("what is no HTTP", async () => {
    const server = createServer((socket) => socket.on("error", () => {}).end("SSH-2.0-OpenSSH\u001B[31m\r\n\r\n"));
    server.listen(0, "127.0.0.1");
    closers.push(() => server.close());
    await once(server, "listening");
    const { code, stderr } = await runTop([`http://127.0.0.1:${(server.address() as AddressInfo).port}`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^sockinfo: Parse Error[ -~]*\n$/);
  });

  test("nothing there", async () => {
    expect(await runTop(["/nonexistent/page.sock"])).toMatchObject({
      code: 1,
      stderr: "sockinfo: There is no socket /nonexistent/page.sock\n",
    });
  });

  test("a redirection is not followed", async () => {
    let asked = 0;
    const other = createHttpServer((_, response) => response.end(String(asked++))).listen(0, "127.0.0.1");
    closers.push(() => other.close());
    await once(other, "listening");
    const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
    const page = await serve((_, response) => response.writeHead(302, { location }).end());
    const { code, stderr } = await runTop([page.address]);
    expect([code, stderr]).toEqual([1, "sockinfo: The page answers 302\n"]);
    // The other server does work.
    await new Promise((resolve) => get(location, resolve));
    expect(asked).toBe(1);
  });

  test.each([["file:///run/page.sock"], ["ftp://127.0.0.1/"], ["http://user:password@127.0.0.1/"], ["page.sock"]])(
    "%s is refused",
    async (address) => expect(await runTop([address])).toMatchObject({ code: 2, stdout: "" }),
  );

  test.skipIf(lacks("linux", "tmux"))(
    "one that never stops does not hold the keys, and one that is silent is named",
    async () => {
      let mode: "flood" | "silence" = "flood";
      const frame = `event: frame\ndata: ${JSON.stringify({ ...FRAME, junk: "x".repeat(100_000) })}\n\n`;
      const page = await serve((_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
        const flood = (): void => {
          if (mode === "silence" || response.destroyed) return;
          while (response.write(frame));
          response.once("drain", flood);
        };
        flood();
      });
      const terminal = new TmuxTerminal({ columns: 120, rows: 30 });
      closers.push(() => terminal.close());
      terminal.run(topCommand(page.address));
      await terminal.untilText("lossy");
      for (const [key, mark] of [
        ["r", "RTT▼"],
        ["c", "CWND▼"],
        ["a", "AGE▼"],
      ] as const) {
        terminal.press(key);
        await terminal.untilText(mark);
      }
      mode = "silence";
      await terminal.untilText("The page has sent nothing for");
      terminal.press("q");
      await terminal.until(() => terminal.flag("alternate_on") === "0");
    },
  );
});

/** Writes as fast as it is read. */
function endless(status: number, chunk: string): Answer {
  return (_, response) => {
    response.writeHead(status, { "content-type": status === 200 ? "text/event-stream" : "text/plain" });
    const write = (): void => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once("drain", write);
    };
    write();
  };
}

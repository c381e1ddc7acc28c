// Every program in README.md and docs/ runs unchanged, and does what the text around it says.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { pages, root, snippetsOf, type Snippet } from "../helpers/docs";

/** The response of a snippet with a server, or the output of another one. */
interface Expectation {
  /** The body of the response. With `sends`: everything that the server sends. */
  readonly answers?: RegExp;
  readonly prints?: RegExp;
  /** The bytes that a plain client sends instead of a request, before it ends its side. */
  readonly sends?: string;
}

const GET = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

/** A snippet that takes a connection over, and echoes what follows the request. */
const ECHO: Expectation = {
  sends: `${GET}hello`,
  answers: /^HTTP\/1\.1 200 OK\r\nConnection: close\r\n\r\nhello$/,
};
const OK: Expectation = { answers: /^ok\n$/ };
const RTT: Expectation = { answers: /^\{"rttMs":[\d.]+\}$/ };

/** By file, in the order of its snippets. */
const EXPECTED: Record<string, Expectation[]> = {
  "README.md": [
    { answers: /^round trip [\d.]+ ms, window \d+ bytes, 0 segments sent again\n$/ },
    { answers: /^x+$/, prints: /^(?!LISTENING)[A-Z].*\.$/m },
    { answers: /^\{"rttMs":[\d.]+(,"best":[\d.]+)?(,"loss":[\d.]+)?\}$/ },
    { prints: /^supported$/ },
  ],
  "docs/README.md": [],
  "docs/accept-queue.md": [
    { answers: process.platform === "linux" ? /^0 are waiting, \d+ have room\n$/ : /^undefined are waiting, / },
    OK,
  ],
  "docs/after-close.md": [
    {
      answers: /^ok\n$/,
      prints:
        process.platform === "linux" ? /^1 IPv[46] delivered 0 0 true$/m : /^1 IPv[46] unknown undefined undefined /m,
    },
    OK,
  ],
  // The program is run by cli.test.ts.
  "docs/cli.md": [],
  "docs/connections.md": [
    { answers: /^ok\n$/, prints: /^1 server-end [\d.]+ 1 [\d.]+ 0$/m },
    { answers: /^connection 1, http\/1\.1, 0 requests before this one\n$/ },
    { answers: /^GET request 1 from 127\.0\.0\.1\n$/ },
    { answers: /^ok\n$/, prints: /^1: undefined to new\n1: new to active\n1: active to closed$/m },
  ],
  "docs/current-socket.md": [RTT],
  "docs/diagnose-tcp.md": [
    { answers: /^x{1000}The connection waits for this server's application \d+ % of the time\.\n$/ },
  ],
  "docs/diagnosis-accuracy.md": [],
  "docs/errors.md": [{ prints: /^ERR_SOCKINFO_INVALID_ARGUMENT$/ }],
  "docs/guides/behind-a-proxy.md": [
    {
      sends: GET.replace("\r\n\r\n", "\r\nX-Tcp-Rtt: 12345\r\nConnection: close\r\n\r\n"),
      answers: /\r\n12\.345 ms\n/,
    },
  ],
  "docs/guides/drop-dead-clients.md": [OK],
  "docs/guides/find-the-accept-queue-full.md": [OK],
  "docs/guides/log-slow-requests.md": [
    { answers: /^x{100000}$/, prints: /^\/ \d{3}[\d.]* (\{"applicationMs":.+\}|undefined) \d+ [\d.]+$/m },
    { answers: /^ok\n$/, prints: /^tcp:127\.0\.0\.1:\d+ GET \/ 200 [\d.]+$/m },
    { answers: /^ok\n$/, prints: /"peer":"tcp:127\.0\.0\.1:\d+","rttMs":[\d.]+/ },
  ],
  "docs/guides/restrict-an-admin-socket.md": [{ answers: /^ok\n$/, prints: /^unix:uid=\d+,pid=\d+ GET \/$/m }],
  "docs/guides/take-over-a-connection.md": [
    {
      sends: "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
      answers: /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/,
    },
    {
      sends: `CONNECT /rpc HTTP/1.1\r\nHost: localhost\r\n\r\nhello`,
      answers: /^HTTP\/1\.1 200 Connected\r\n\r\nhello$/,
    },
    ECHO,
    // The bytes after the request are not HTTP, and come before the session was looked up.
    { sends: `${GET}\0hello`, answers: /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nhead: \0hello$/ },
  ],
  // Its programs are run by debug-why.test.ts.
  "docs/guides/why-is-this-connection-slow.md": [],
  "docs/hijack.md": [
    {
      // The answer to HEAD has no body, so the next status line follows its headers.
      sends:
        GET.replace("GET /", "HEAD /raw") +
        GET.replace("/", "/raw") +
        GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"),
      answers:
        /^(HTTP\/1\.1 200 OK\r\nContent-Length: 8\r\n\r\n){2}by hand\nHTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nby the server\n$/,
    },
    { sends: `${GET}hello`, answers: /^HTTP\/1\.1 200 OK\r\n\r\nhello$/, prints: /^200 hello, raw$/m },
    {
      sends: GET,
      answers: /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nbye\n$/,
      prints: /^kept hijacked (client|server)-end [\d.]+$/m,
    },
  ],
  "docs/loading.md": [{ prints: /^sockinfo can be used$/ }],
  "docs/logging.md": [
    {
      answers: /^ok\n$/,
      prints: /^\{"url":"\/","status":200,"tcp":\{"connectionId":1,"connectionRequests":1,.*"rttMs":/m,
    },
    { answers: /^ok\n$/, prints: /^\{"connectionId":1,"connectionState":"closed".*"requestsServed":1.*"rttMs":/m },
    { answers: /^ok\n$/, prints: /"tcp":\{"connectionId":1,.*"msg":"done"/ },
    { answers: /^ok\n$/, prints: /"req":\{.*"tcp":\{"connectionId":1,.*"res":\{.*"msg":"request completed"/ },
    { answers: /^ok\n$/, prints: /"res":\{"statusCode":200,"tcp":\{"connectionId":1,.*"msg":"request completed"/ },
    { answers: /^ok\n$/, prints: /^GET \/ 200 [\d.]+ ms, rtt [\d.]+ ms, \d+ sent again$/m },
  ],
  "docs/measure-request.md": [
    { answers: /^x{10000}$/, prints: /^\/ [\d.]+ 10\d{3} 0 (true|false)$/m },
    { answers: /^x{10000}\d+ bytes in \d+ segments\n$/ },
  ],
  "docs/opentelemetry.md": [{ answers: /^ok\n$/, prints: /name: 'sockinfo\.connection\.opened'/ }],
  "docs/page.md": [{ answers: /^ok\n$/, prints: /^http:\/\/127\.0\.0\.1:\d+\/[\w-]+\/\?token=[\w-]+$/m }, OK],
  "docs/peer-credentials.md": [
    {
      answers: new RegExp(
        `^uid ${process.getuid?.()}, gid ${process.getgid?.()}, groups [\\d,]*, process ${process.pid}\n$`,
      ),
    },
    { answers: /^from 127\.0\.0\.1\n$/ },
    { answers: /^(ERR_SOCKINFO_UNSUPPORTED_(KERNEL|PLATFORM)|[\w:.-]+)\n$/ },
    // The client is this process. Before Linux 6.5 there is no pidfd to read from.
    { answers: new RegExp(`^(${process.execPath}: \\S.*|undefined: undefined)\n$`) },
  ],
  "docs/platforms.md": [],
  "docs/prometheus.md": [OK, { answers: /^sockinfo_connections\{class="local",state="active"\} 1$/m }],
  "docs/server-timing.md": [
    {
      sends: GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"),
      answers:
        /^Server-Timing: db;dur=53\.2, tcp-rtt;dur=[\d.]+;desc="TCP RTT", tcp-retransmitted;desc="TCP retransmitted \d+"\r$/m,
    },
    // Its program speaks HTTP/2, and test/server-timing has the same.
    { sends: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", answers: /^/ },
  ],
  "docs/snapshot.md": [
    {
      answers: /^1 connections, 90 % of them with round trips of at most [\d.]+ ms\n$/,
      prints: /^1 active \d+$/m,
    },
  ],
  "docs/socket-facts.md": [
    { answers: /^ok\n$/, prints: process.platform === "linux" ? /^\w+ (\d+|undefined)$/m : /^undefined undefined$/m },
    { answers: /^noDelay true, keepAlive true after 10000 ms\n$/ },
    { answers: process.platform === "linux" ? /^\d+ of \d+ bytes\n$/ : /^undefined of undefined bytes\n$/ },
    { answers: /^0 bytes unread, 0 not acknowledged\n$/ },
    { answers: /^0 subflows\n$/ },
  ],
  "docs/sources.md": [RTT, RTT, { answers: /^127\.0\.0\.1:\d+ is descriptor \d+\n$/ }],
  "docs/tcp-info.md": [
    { answers: /^ok\n$/, prints: /^\/ [\d.]+$/m },
    { answers: /^rttMs,minRttMs,retransmittedSegments\n$/, prints: /^\/ [\d.]+$/m },
    { answers: /^1: ESTABLISHED\n$/ },
    { answers: /^ESTABLISHED\n$/ },
    { answers: process.platform === "linux" ? /^at best [\d.]+ ms\nnow [\d.]+ ms\n$/ : /^now [\d.]+ ms\n$/ },
  ],
  // test/docs/top.test.ts and test/cli/top/ have its screen and its JSON.
  "docs/top.md": [],
  "docs/unix.md": [
    { answers: /^ok\n$/, prints: /^\/.*\/app\.sock$/m },
    OK,
    OK,
    OK,
    { answers: /^ok\n$/, prints: new RegExp(`"peer":"unix:uid=${process.getuid?.()},pid=${process.pid}"`) },
  ],
  "docs/watch-health.md": [OK],
};

/** Inside the checkout, so that `sockinfo` and the frameworks are found as in a user's project. */
const folder = join(root, "build", "snippets");

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  return () => rmSync(folder, { recursive: true });
});

/** Other snippets with a title are files that run elsewhere: test/bundlers, test/runtimes, test/connections. */
const isProgram = ({ language, title }: Snippet) =>
  (language === "js" && title === undefined) || (language === "ts" && title === "server.ts");

async function get(where: string): Promise<string> {
  const target = /^\d+$/.test(where) ? { host: "127.0.0.1", port: Number(where) } : { socketPath: where };
  const [response] = (await once(http.get({ ...target, agent: false }), "response")) as [http.IncomingMessage];
  return text(response);
}

/** Ends its side after the response, because Node takes a client that ends earlier for gone. */
async function converse(port: string, bytes: string, answers?: RegExp): Promise<string> {
  const socket = createConnection({ host: "127.0.0.1", port: Number(port) });
  socket.write(bytes);
  let received = "";
  for await (const data of socket.setEncoding("latin1").iterator({ destroyOnReturn: false })) {
    received += data as string;
    if (answers?.test(received)) socket.end();
  }
  return received;
}

/** Runs a snippet until it ends. A server is killed after it has responded once and printed the expected output. */
async function run(
  name: string,
  code: string,
  { answers, prints, sends }: Expectation,
): Promise<{ answer: string; printed: string }> {
  const file = join(folder, name);
  // Each snippet has its own folder for sockets, because all use the same paths.
  const sockets = mkdtempSync(join(tmpdir(), "sockinfo-snippet-"));
  onTestFinished(() => rmSync(sockets, { recursive: true, force: true }));
  writeFileSync(file, code.replaceAll('"/tmp/', `"${sockets}/`));
  const compiler = name.endsWith(".mts") ? ["--import", "tsx"] : [];
  const preload = [...compiler, "--import", join(root, "test/docs/listen-anywhere.mjs")];
  const child = spawn(process.execPath, [...preload, file], {
    env: { ...process.env, TMPDIR: sockets },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let [answer, printed] = ["", ""];
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    printed += chunk as string;
    const where = /^LISTENING (.*)$/m.exec(printed)?.[1];
    if (where === undefined) continue;
    if (answer === "") {
      answer = sends === undefined ? await get(where) : await converse(where, sends, answers);
      // Without this the test would time out, and not show the missing output.
      setTimeout(() => child.kill(), 10_000).unref();
    }
    if (prints === undefined || prints.test(printed)) child.kill();
  }
  return { answer, printed: printed.replace(/^LISTENING .*\n/m, "").trim() };
}

test("every page has its expectations here", () => expect(Object.keys(EXPECTED)).toEqual(pages));

describe.each(Object.entries(EXPECTED))("%s", (file, expectations) => {
  const snippets = snippetsOf(file).filter(isProgram);

  test("each snippet has its expectation", () => expect(snippets).toHaveLength(expectations.length));

  test.each(snippets.map((snippet, index) => [index + 1, snippet] as const))("snippet %i", async (number, snippet) => {
    const { answers, prints } = expectations[number - 1] ?? {};
    const name = `${file.replace(/\W/g, "-")}-${number}.m${snippet.language}`;
    const { answer, printed } = await run(name, snippet.code, expectations[number - 1] ?? {});
    if (answers) expect(answer).toMatch(answers);
    if (prints) expect(printed).toMatch(prints);
  });
});

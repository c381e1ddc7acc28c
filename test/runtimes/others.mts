// Bun and Deno: the calls that work, and the errors of those that do not.
import { spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { check, checkEqual } from "../helpers/check";
import { makeUserProject } from "../helpers/user-project";
import { BUN, DENO } from "./versions.mts";

const UNSUPPORTED = "ERR_SOCKINFO_UNSUPPORTED_RUNTIME";

/** The same on both. */
const ANSWERS = {
  "import and require": true,
  decode: "ESTABLISHED",
  undefined: "ERR_SOCKINFO_INVALID_ARGUMENT",
  "a file": "ERR_SOCKINFO_NOT_TCP",
  "TCP, accepted": "ESTABLISHED",
  "TCP, client": "ESTABLISHED",
  "TCP, credentials": "ERR_SOCKINFO_NOT_UNIX",
  "TCP, by its descriptor": true,
  "TCP, destroyed": "ERR_SOCKINFO_SOCKET_CLOSED",
  "Unix, accepted": "own",
  "Unix, client": "own",
  "Unix, TCP_INFO": "ERR_SOCKINFO_NOT_TCP",
  "Unix, described": true,
  "Unix, destroyed": "ERR_SOCKINFO_SOCKET_CLOSED",
  "enable hijacking": UNSUPPORTED,
  "allow peers": UNSUPPORTED,
  "require peer": UNSUPPORTED,
  listen: UNSUPPORTED,
  hijack: UNSUPPORTED,
  "client request, hijacked": UNSUPPORTED,
  "HTTP server, descriptor": UNSUPPORTED,
};

/** The same on both, for objects of their own servers. */
const OF_OWN_SERVERS = {
  handler: "asked",
  Hono: "asked",
  Elysia: "asked",
  Request: UNSUPPORTED,
  "the handler's second argument": UNSUPPORTED,
  server: UNSUPPORTED,
  WebSocket: UNSUPPORTED,
  "WebSocket, client": UNSUPPORTED,
  "Hono's c": UNSUPPORTED,
  "Hono's c.req": UNSUPPORTED,
  "Elysia's context": UNSUPPORTED,
  "connection, accepted": UNSUPPORTED,
  "connection, client": UNSUPPORTED,
  "any object": "ERR_SOCKINFO_NO_SOCKET",
  Response: "ERR_SOCKINFO_NO_SOCKET",
};

/** The same on both, at every moment. */
const OF_CURRENT_SOCKET = { enable: UNSUPPORTED, "current socket": UNSUPPORTED, "current connection": UNSUPPORTED };

/** On Deno, by the kind of server. */
const OF_LENT_DESCRIPTORS = Object.fromEntries(
  ["http", "https", "http2", "http2 with TLS", "net", "tls"].flatMap((kind) => [
    [`${kind}: functions that fail`, ""],
    [`${kind}: received bytes as ss`, true],
    [`${kind}: few descriptors are left`, true],
    ...(kind.startsWith("http") ? [[`${kind}: final bytes`, true]] : []),
    [`${kind}: afterwards`, "undefined"],
  ]),
) as Record<string, unknown>;

/** sockinfo needs the first. The test itself needs the others. */
const DENO_PERMISSIONS = [
  "--allow-ffi",
  "--allow-net",
  "--allow-read",
  "--allow-env",
  "--allow-sys",
  "--allow-run=ss,openssl,ls",
];

/** The name and the command of each runtime. */
const RUNTIMES: readonly (readonly [string, string, ...string[]])[] = [
  ["Bun", BUN],
  ["Deno", DENO, "run", "--allow-all"],
];

export function tryOthers(): void {
  const project = makeUserProject(join(import.meta.dirname, "build"));
  cpSync(join(import.meta.dirname, "project"), project, { recursive: true });
  compare("Bun", run(project, BUN, "answers.mjs"), {
    ...ANSWERS,
    supported: false,
    reason: UNSUPPORTED,
    "in a worker": "ESTABLISHED false",
    "HTTP request": UNSUPPORTED,
    "HTTP response": UNSUPPORTED,
    "HTTP request, try": null,
    "HTTP request, credentials": UNSUPPORTED,
    "HTTP server, accept queue": UNSUPPORTED,
    "cost of a request": UNSUPPORTED,
    "HTTP request, Unix, credentials": UNSUPPORTED,
    tracker: UNSUPPORTED,
    "connection of a request": UNSUPPORTED,
  });
  compare("Deno", run(project, DENO, "run", "--allow-all", "answers.mjs"), {
    ...ANSWERS,
    supported: true,
    reason: null,
    "in a worker": "ESTABLISHED true",
    "HTTP request": "ESTABLISHED",
    "HTTP response": "ESTABLISHED",
    "HTTP request, try": "ESTABLISHED",
    "HTTP request, credentials": "ERR_SOCKINFO_NOT_UNIX",
    "HTTP server, accept queue": 8,
    "cost of a request": "number",
    "HTTP request, Unix, credentials": "own",
    tracker: "new active closed",
    "final TCP_INFO": "linux",
    "connection of a request": "active",
  });
  const lent = run(project, DENO, "run", ...DENO_PERMISSIONS, "lent-descriptors.mjs");
  compare("Deno", lent, OF_LENT_DESCRIPTORS);
  for (const [runtime, command, ...parameters] of RUNTIMES) {
    compare(runtime, run(project, command, ...parameters, "own-servers.mjs"), OF_OWN_SERVERS);
    compare(runtime, run(project, command, ...parameters, "current-socket.mjs"), OF_CURRENT_SOCKET);
  }
  const refusal = run(project, DENO, "run", "--no-prompt", "no-permission.mjs");
  const expected = /^false ERR_SOCKINFO_ADDON_LOAD_FAILED .* Start it with --allow-ffi$/;
  check(
    "Deno without permissions: imports, and the error names the missing permission",
    expected.test(refusal),
    refusal,
  );
}

/** Checks each answer by itself, so that a failure names the answer. */
function compare(runtime: string, printed: string, expected: Record<string, unknown>): void {
  let answers: Record<string, unknown>;
  try {
    answers = JSON.parse(printed) as Record<string, unknown>;
  } catch {
    check(`${runtime}: runs to its end`, false, printed);
    return;
  }
  for (const name of new Set([...Object.keys(expected), ...Object.keys(answers)])) {
    checkEqual(`${runtime}: ${name}: ${String(expected[name])}`, answers[name], expected[name]);
  }
}

function run(project: string, command: string, ...parameters: string[]): string {
  const { status, signal, stdout, stderr } = spawnSync(command, parameters, {
    cwd: project,
    env: { ...process.env, NO_COLOR: "1" },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 30_000,
  });
  return status === 0 ? stdout.trim() : `${stdout}${stderr}\nended with ${signal ?? status}`;
}

// Runs a script in a Node whose kernel denies system calls (deny-calls.c), or answers as another kernel: TCP_INFO
// (fake-tcp-info.c), socket options (fake-options.c), SO_MEMINFO and ioctl (fake-queues.c), or questions about sockets
// (fake-sock-diag.c).
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { entry } from "../helpers/child";

export interface Compiled {
  readonly file: string;
  remove(): void;
}

const LIBRARY = ["-shared", "-fPIC", "-ldl"];
const FLAGS = {
  "deny-calls": [],
  "fake-tcp-info": LIBRARY,
  "fake-options": LIBRARY,
  "fake-queues": LIBRARY,
  "fake-sock-diag": LIBRARY,
};

export function compile(name: keyof typeof FLAGS): Compiled {
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-sandbox-"));
  const [file, source] = [join(folder, name), join(import.meta.dirname, `${name}.c`)];
  execFileSync("c++", ["-x", "c", "-O1", "-Wall", "-o", file, source, ...FLAGS[name]]);
  return { file, remove: () => rmSync(folder, { recursive: true }) };
}

/** A rule of deny-calls.c: `getsockopt(fd, IPPROTO_TCP, TCP_INFO)`. */
export const TCP_INFO = "getsockopt:6:11";

/**
 * For all scripts: `sockinfo`, `connections` and `codeOf(call)`. `pair(use)` makes both ends of a TCP connection.
 * `say(value)` prints JSON, with "absent" for `undefined`, and ends the process.
 */
const PRELUDE = `
  const sockinfo = require(${JSON.stringify(entry)});
  const connections = require(${JSON.stringify(join(entry, "..", "connections", "index.js"))});
  const net = require("node:net");
  const codeOf = (call) => { try { call(); return "none"; } catch (error) { return error.code; } };
  const say = (value) => {
    // Not console.log: without getsockopt, Node can't find out the type of its standard output.
    require("node:fs").writeSync(1, JSON.stringify(value, (_, inner) => inner === undefined ? "absent" : inner));
    process.exit();
  };
  const pair = (use) => {
    const server = net.createServer((accepted) => use(accepted, client, server));
    let client;
    server.listen(0, "127.0.0.1", () => { client = net.connect(server.address().port, "127.0.0.1"); });
  };`;

/** `rules` are those of deny-calls.c. */
export function runDenied(denyCalls: Compiled, error: string, rules: string[], script: string): unknown {
  const number = String((constants.errno as Record<string, number>)[error]);
  return run(denyCalls.file, [number, ...rules, "--", process.execPath, "-e", PRELUDE + script]);
}

/** `fake` is the FAKE_TCP_INFO of fake-tcp-info.c. */
export function runFaked(fakeTcpInfo: Compiled, fake: string, script: string): unknown {
  const environment = { LD_PRELOAD: fakeTcpInfo.file, FAKE_TCP_INFO: fake };
  return run(process.execPath, ["-e", PRELUDE + script], environment);
}

/** `fake` is the FAKE_SOCK_DIAG of fake-sock-diag.c. */
export function runFakedDiag(fakeSockDiag: Compiled, fake: string, script: string): unknown {
  const environment = { LD_PRELOAD: fakeSockDiag.file, FAKE_SOCK_DIAG: fake };
  return run(process.execPath, ["-e", PRELUDE + script], environment);
}

/** `answers` is the FAKE_OPTIONS of fake-options.c. */
export function runWithOptions(fakeOptions: Compiled, answers: string, script: string): unknown {
  return run(process.execPath, ["-e", PRELUDE + script], { LD_PRELOAD: fakeOptions.file, FAKE_OPTIONS: answers });
}

/** `answers` is the FAKE_QUEUES of fake-queues.c. */
export function runWithQueues(fakeQueues: Compiled, answers: string, script: string): unknown {
  return run(process.execPath, ["-e", PRELUDE + script], { LD_PRELOAD: fakeQueues.file, FAKE_QUEUES: answers });
}

function run(command: string, parameters: string[], environment: Record<string, string> = {}): unknown {
  const env = { ...process.env, ...environment };
  const { status, signal, stdout, stderr } = spawnSync(command, parameters, { encoding: "utf8", timeout: 25_000, env });
  if (status !== 0) throw new Error(`ended with ${signal ?? status}: ${stderr}`);
  return JSON.parse(stdout);
}

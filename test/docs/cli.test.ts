// The transcripts of docs/cli.md are what the program prints: its help, and tables of made sockets and of a connection
// whose readings were recorded. After a change: `npx vitest run test/docs/cli.test.ts -u` writes them anew.
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { decodeTcpInfo, diagnoseTcp, type TcpInfo } from "sockinfo";
import { describe, expect, test } from "vitest";
import type { Io } from "../../src/cli/command";
import { connectionLines } from "../../src/cli/connection-lines";
import { listenerLines } from "../../src/cli/listener-lines";
import type { Owner } from "../../src/cli/owners";
import { portLines } from "../../src/cli/port-lines";
import type { TcpSocketRow } from "../../src/core";
import { root, titledSnippet } from "../helpers/docs";
import { lacks } from "../helpers/needs";
import { runJson, runProgram } from "../helpers/program";
import { connectPair } from "../helpers/servers";

const PAGE = "docs/cli.md";
const page = join(root, PAGE);

/** A terminal without colours. */
const io = { stdout: { isTTY: true, columns: 80 }, paint: (_: string, line: string) => line } as unknown as Io;

const NODE: readonly Owner[] = [{ pid: 4242, comm: "node" }];
const NGINX: readonly Owner[] = [120, 121, 122].map((pid) => ({ pid, comm: "nginx" }));

const WILDCARD = { address: "0.0.0.0", port: 0 };
const EMPTY: TcpSocketRow = {
  state: "LISTEN",
  cookie: 1n,
  local: WILDCARD,
  remote: WILDCARD,
  interfaceIndex: undefined,
  unreadBytes: undefined,
  unacknowledgedBytes: undefined,
  acceptQueueLength: undefined,
  acceptQueueLimit: undefined,
  droppedSyns: undefined,
  timer: undefined,
  timerExpiresMs: undefined,
  timerFiredCount: undefined,
  uid: 0,
  inode: 1,
  tcpInfo: undefined,
};

const at = (address: string, port: number) => ({ address, port });

const listener = (address: string, port: number, queue: readonly [number, number, number], inode = 1): TcpSocketRow => {
  const [acceptQueueLength, acceptQueueLimit, droppedSyns] = queue;
  return { ...EMPTY, local: at(address, port), inode, acceptQueueLength, acceptQueueLimit, droppedSyns };
};

const ownersOf = ({ inode }: TcpSocketRow) => [[], NODE, NGINX][inode ?? 0] ?? [];

interface Recorded {
  readonly intervalMs: number;
  readonly before: string;
  readonly after: string;
}

const recorded = JSON.parse(readFileSync(join(import.meta.dirname, "transcripts/readings.json"), "utf8")) as Record<
  string,
  Recorded
>;
const decode = (bytes = ""): TcpInfo => decodeTcpInfo(Buffer.from(bytes, "base64"), "linux", { endianness: "LE" });

const connection = (name: string, remote: string, waiting: readonly [number, number]): TcpSocketRow => {
  const [unacknowledgedBytes, unreadBytes] = waiting;
  const numbers = { unacknowledgedBytes, unreadBytes, tcpInfo: decode(recorded[name]?.after) };
  const [local, inode] = [at("10.0.0.2", 443), 1];
  return { ...EMPTY, state: "ESTABLISHED", local, remote: at(remote, 51034), inode, cookie: 0x1a2bn, ...numbers };
};

function oneConnection(): string[] {
  const { before, after, intervalMs } = recorded["slow-cubic"] as Recorded;
  const diagnosis = diagnoseTcp(decode(before), decode(after), { intervalMs });
  const timer = { timer: "ZERO_WINDOW_PROBE", timerExpiresMs: 212 } as const;
  const row = { ...connection("slow-cubic", "192.0.2.7", [diagnosis.undeliveredBytes ?? 0, 0]), ...timer };
  return connectionLines({ row, hasEnded: false, diagnosis }, NODE, io);
}

const TRANSCRIPTS: Readonly<Record<string, () => Promise<string> | string[]>> = {
  help: async () => `$ npx sockinfo --help\n${(await runProgram(["--help"])).stdout}`,
  listeners: () => {
    const rows = [
      listener("0.0.0.0", 22, [0, 128, 0], 0),
      listener("0.0.0.0", 443, [0, 511, 0], 2),
      listener("127.0.0.1", 3000, [512, 511, 1377]),
    ];
    return ["$ npx sockinfo listeners", ...listenerLines({ rows, ownersOf }, io)];
  },
  port: () => {
    const connections = [
      connection("loss1-cubic", "192.0.2.7", [34_752, 0]),
      connection("stop-cubic", "198.51.100.23", [2_500_000, 0]),
      connection("think-cubic", "2001:db8::17", [0, 812]),
      { ...EMPTY, state: "TIME_WAIT" } as const,
    ];
    const listening = { rows: [listener("0.0.0.0", 443, [0, 511, 0], 1)], ownersOf };
    return ["$ npx sockinfo show :443", ...portLines(listening, connections, io)];
  },
  connection: () => {
    const lines = oneConnection();
    return ["$ npx sockinfo show 192.0.2.7:51034", ...lines.slice(0, lines.indexOf("Speed")), "..."];
  },
};

test("each transcript is what the program prints", async () => {
  let written = readFileSync(page, "utf8");
  for (const [name, transcript] of Object.entries(TRANSCRIPTS)) {
    const text = await transcript();
    const lines = typeof text === "string" ? text.trimEnd() : text.join("\n");
    const block = new RegExp(`^\`\`\`console ${name}\n[^]*?^\`\`\`$`, "m");
    expect(written).toMatch(block);
    written = written.replace(block, () => `\`\`\`console ${name}\n${lines}\n\`\`\``);
  }
  await expect(written).toMatchFileSnapshot(page);
});

test.skipIf(lacks("linux"))("the transcript of doctor has its checks", async () => {
  const { findings } = await runJson<{ findings: readonly { name: string }[] }>(["doctor"]);
  const printed = titledSnippet(PAGE, "doctor").matchAll(/^(?:yes|no|partly) +(\S+(?: \S+)*)/gm);
  expect([...printed].map(([, name]) => name)).toEqual(findings.map(({ name }) => name));
});

describe.skipIf(lacks("linux"))("--json has the keys of the docs", () => {
  /** By interface: its keys, with `?` behind those that may be missing. */
  const documented = (title: string, name: string) => {
    const [, body = ""] = new RegExp(`^interface ${name} {\n([^]*?)^}$`, "m").exec(titledSnippet(PAGE, title)) ?? [];
    return [...body.matchAll(/^ {2}readonly (\w+\??):/gm)].map(([, key = ""]) => key);
  };
  const check = (value: unknown, title: string, name: string) => {
    const keys = Object.keys(value as object);
    const known = documented(title, name);
    expect(known.length).toBeGreaterThan(2);
    expect(keys.filter((key) => !known.includes(key) && !known.includes(`${key}?`))).toEqual([]);
    expect(known.filter((key) => !key.endsWith("?") && !keys.includes(key))).toEqual([]);
  };
  const endsOf = ({ remotePort, localPort }: Socket) => [`127.0.0.1:${remotePort}`, `127.0.0.1:${localPort}`];
  const port = ({ accepted }: { accepted: { localPort?: number } }) => `:${accepted.localPort}`;

  test("listeners", async () => {
    await connectPair();
    const line = await runJson<{ listeners: readonly object[] }>(["listeners"]);
    check(line, "listeners-json.ts", "Listeners");
    for (const each of line.listeners) check(each, "listeners-json.ts", "Listener");
  });

  test("show", async () => {
    const pair = await connectPair();
    const line = await runJson<{ listeners: object[]; connections: object[] }>(["show", port(pair)]);
    check(line, "port-json.ts", "Port");
    check(line.listeners[0], "listeners-json.ts", "Listener");
    check(line.connections[0], "port-json.ts", "Connection");
    const one = await runJson<{ connection: object }>(["show", ...endsOf(pair.accepted)]);
    check(one, "connection-json.ts", "OneConnection");
    check(one.connection, "port-json.ts", "Connection");
  });

  test("doctor", async () => {
    const line = await runJson<{ findings: object[] }>(["doctor"]);
    check(line, "doctor-json.ts", "Doctor");
    for (const each of line.findings) check(each, "doctor-json.ts", "Finding");
  });
});

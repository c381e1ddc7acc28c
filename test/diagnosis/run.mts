// Carries out one plan, and prints its recording. Arguments: the plan as JSON, the folder that build.mts fills. Runs in
// a network namespace of its own, with a listener of listen.cc as descriptor 3.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { endianness, loadavg, release } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { decodeTcpInfo, getTcpInfoBytes, SocketInfoError } from "sockinfo";
import type { PathSettings, Plan } from "./plan.mts";
import type { Head, PathCounts, Reading } from "./recording.mts";
import { makeServer } from "./servers.mts";

const [, , text = "", programs = ""] = process.argv;
const plan = JSON.parse(text) as Plan;
const { network = "path", peer = {}, flood, congestionControl } = plan;

const LISTENER = 3;
const PORT = 8080;
const FLOOD_PORT = 8081;
const READING_EACH_MS = 100;

const children: ChildProcess[] = [];

function ip(...words: string[]): void {
  execFileSync("ip", words);
}

const wordsOf = (settings: PathSettings) => Object.entries(settings).map(([name, value]) => `${name}=${value}`);

interface Path {
  /** Sets what the words say, and returns the counts since the last call. */
  readonly tell: (line: string) => Promise<PathCounts>;
}

async function makePath(): Promise<Path> {
  const words = [String(PORT), `seed=${plan.seed}`, ...wordsOf(plan.path ?? {})];
  const child = spawn(join(programs, "network-path"), words, { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const answer = async () => JSON.parse(String((await lines.next()).value)) as PathCounts;
  await answer();
  ip("route", "replace", "10.9.0.0/24", "dev", "path0", "src", "10.9.0.1", "congctl", congestionControl);
  return {
    tell: (line) => {
      child.stdin.write(`${line}\n`);
      return answer();
    },
  };
}

function startPeer(host: string): void {
  const [program, ...words]: [string, ...string[]] =
    typeof peer === "string"
      ? [process.execPath, join(programs, "node-peer.mjs"), peer, host, String(PORT)]
      : [join(programs, "peer"), host, String(PORT), ...wordsOf(peer)];
  // The peer ends with this process, at the end of its input at the latest.
  children.push(spawn(program, words, { stdio: ["pipe", "inherit", "inherit"] }));
}

function startFlood(atMs: number): void {
  const words = ["flood", String(FLOOD_PORT), `at=${atMs}`];
  children.push(spawn(join(programs, "peer"), words, { stdio: ["ignore", "inherit", "inherit"] }));
}

/** The peer is in another namespace. It starts when its interface is there. */
async function startPeerOnLan(): Promise<void> {
  const addresses = "ip link set lo up && ip addr add 10.9.0.2/24 dev far && ip link set far up";
  const words = [join(programs, "peer"), "10.9.0.1", String(PORT), ...wordsOf(peer as PathSettings)];
  const child = spawn(
    "unshare",
    ["--net", "sh", "-c", `echo; read ready && ${addresses} && exec "$@"`, "sh", ...words],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  children.push(child);
  // It has left this namespace when it writes.
  await once(child.stdout, "data");
  ip("link", "add", "near", "type", "veth", "peer", "name", "far", "netns", String(child.pid));
  ip("addr", "add", "10.9.0.1/24", "dev", "near");
  ip("link", "set", "near", "up");
  ip("route", "replace", "10.9.0.0/24", "dev", "near", "src", "10.9.0.1", "congctl", congestionControl);
  child.stdin.end("\n");
}

function startPeerHere(): void {
  const route = "route replace local 127.0.0.1 dev lo table local src 127.0.0.1 congctl";
  ip(...route.split(" "), congestionControl);
  startPeer("127.0.0.1");
}

/** How long this thread has waited for a processor, in milliseconds. */
function waitedMs(): number {
  return Number(readFileSync("/proc/thread-self/schedstat", "latin1").split(" ")[1]) / 1e6;
}

async function record(socket: Socket, pendingBytes: () => number, path: Path | undefined): Promise<Reading[]> {
  const start = performance.now();
  const readings: Reading[] = [];
  let waited = waitedMs();
  for (const { atMs, set } of plan.changes ?? []) setTimeout(() => path?.tell(wordsOf(set).join(" ")).then(keep), atMs);
  // The counts that a change returns belong to the next reading.
  let kept: PathCounts[] = [];
  const keep = (counts: PathCounts) => void kept.push(counts);
  for (let next = READING_EACH_MS; ; next += READING_EACH_MS) {
    const atMs = performance.now() - start;
    const bytes = readBytes(socket);
    if (bytes === undefined) break;
    const waitedBefore = waited;
    waited = waitedMs();
    const pending = pendingBytes();
    if (path) keep(await path.tell("counts"));
    readings.push({
      atMs: Math.round(atMs * 10) / 10,
      tcpInfo: Buffer.from(bytes).toString("base64"),
      pendingBytes: pending,
      waitedMs: Math.round((waited - waitedBefore) * 10) / 10,
      ...(path && { path: kept.reduce(add) }),
    });
    kept = [];
    if (atMs >= plan.durationMs || isDelivered(bytes)) break;
    await wait(Math.max(1, start + next - performance.now()));
  }
  return readings;
}

/** `undefined` once the connection is gone. */
function readBytes(socket: Socket): Uint8Array | undefined {
  try {
    return getTcpInfoBytes(socket);
  } catch (error) {
    if (error instanceof SocketInfoError) return undefined;
    throw error;
  }
}

function isDelivered(bytes: Uint8Array): boolean {
  if (plan.untilAckedBytes === undefined) return false;
  return (decodeTcpInfo(bytes, "linux").bytesAcked ?? 0) >= plan.untilAckedBytes;
}

function add(one: PathCounts, two: PathCounts): PathCounts {
  const sum = (name: keyof PathCounts) => [name, one[name] + two[name]] as const;
  const sums = Object.fromEntries((Object.keys(one) as (keyof PathCounts)[]).map(sum)) as Record<
    keyof PathCounts,
    number
  >;
  return { ...sums, lateMs: Math.max(one.lateMs, two.lateMs) };
}

ip("link", "set", "lo", "up");
const path = network === "path" ? await makePath() : undefined;
const accepted = new Promise<{ socket: Socket; pendingBytes: () => number }>((resolve) => {
  const isHalf = typeof peer === "object" && peer["half"] === 1;
  makeServer(plan.server, isHalf, (socket, pendingBytes) => {
    socket.on("error", () => {});
    resolve({ socket, pendingBytes });
  }).listen({ fd: LISTENER });
});
if (flood && "beforeMs" in flood) {
  startFlood(0);
  await wait(flood.beforeMs);
}
if (network === "veth") await startPeerOnLan();
else if (network === "loopback") startPeerHere();
else startPeer("10.9.0.2");
const { socket, pendingBytes } = await accepted;
if (flood && "startMs" in flood) startFlood(flood.startMs);
const readings = await record(socket, pendingBytes, path);
const machine = { kernelRelease: release(), endianness: endianness() };
const head: Head = { plan, machine, load: loadavg()[0] as number };
for (const child of children) child.kill("SIGKILL");
process.stdout.write([head, ...readings].map((line) => `${JSON.stringify(line)}\n`).join(""), () => process.exit());

// What some tests need from the machine. If it is missing, they are skipped. With SOCKINFO_TEST_ALL=1, as in .ci/run,
// that is an error, except for what SOCKINFO_TEST_LACKS names, because other kernels or Alpine lack it. Tests of
// another system are always skipped.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { release } from "node:os";

interface Need {
  /** The one system that can have it. On others it does not count as missing. */
  readonly only?: NodeJS.Platform;
  readonly isHere: () => boolean;
}

/** A queueing discipline that limits a rate. Small kernels lack it. */
const TBF = ["tbf", "rate", "20mbit", "burst", "16kb", "latency", "300ms"];
const ROUTE = "ip route replace local 127.0.0.1 dev lo table local";

const NEEDS = {
  linux: { only: "linux", isHere: () => true },
  macos: { only: "darwin", isHere: () => true },
  root: { only: "linux", isHere: () => process.getuid?.() === 0 },
  ss: { only: "linux", isHere: () => runs("ss", "-V") },
  setpriv: { only: "linux", isHere: () => runs("setpriv", "--version") },
  unshare: { only: "linux", isHere: () => runs("unshare", "--fork", "--pid", "true") },
  strace: { only: "linux", isHere: () => runs("strace", "-qq", "-e", "trace=none", "true") },
  // systemd need not be running.
  systemd: { only: "linux", isHere: () => runs("systemd-socket-activate", "--version") },
  bindfs: { only: "linux", isHere: () => runs("bindfs", "--version") && existsSync("/dev/fuse") },
  // For paths with loss and delay. test:runtimes leaves these tests out: they are slow, and about the system.
  tun: { only: "linux", isHere: () => runs("unshare", "--net", "test", "-w", "/dev/net/tun") },
  tbf: { only: "linux", isHere: () => runs("unshare", "--net", "tc", "qdisc", "add", "dev", "lo", "root", ...TBF) },
  // The kernel may have it as a module, which it loads for root.
  bbr: {
    only: "linux",
    isHere: () => runs("unshare", "--net", "sh", "-c", `ip link set lo up && ${ROUTE} congctl bbr`),
  },
  // Time for hundreds of processes. test:runtimes leaves these tests out, because they are about the system, not about
  // Node.
  crowds: { only: "linux", isHere: () => true },
  // SO_PEERPIDFD.
  pidfd: { only: "linux", isHere: () => isKernelFrom(6, 5) },
  fchmodat2: { only: "linux", isHere: () => isKernelFrom(6, 6) },
  btf: { only: "linux", isHere: () => existsSync("/sys/kernel/btf/vmlinux") },
  // Debian's package has both.
  prometheus: { only: "linux", isHere: () => runs("prometheus", "--version") && runs("promtool", "--version") },
  readelf: { only: "linux", isHere: () => runs("readelf", "--version") },
  python: { isHere: () => runs("python3", "--version") },
  // The kernel may lack it, or an administrator may have switched it off.
  mptcp: { only: "linux", isHere: () => runs("python3", "-c", "import socket; socket.socket(2, 1, 262).listen()") },
  ip: { only: "linux", isHere: () => runs("ip", "-V") },
  compiler: { isHere: () => runs("c++", "--version") },
  curl: { isHere: () => runs("curl", "--version") },
  git: { isHere: () => runs("git", "--version") },
  // Debian's Chromium, without windows. test:runtimes leaves these tests out: they are slow, and about the browser.
  chromium: { only: "linux", isHere: () => runs("chromium-headless-shell", "--version") },
  // A terminal. test:runtimes leaves these tests out: they are slow, and about the terminal.
  tmux: { only: "linux", isHere: () => runs("tmux", "-V") },
  openssl: { isHere: () => runs("openssl", "version") },
} satisfies Record<string, Need>;

function isKernelFrom(major: number, minor: number): boolean {
  const [majorHere = 0, minorHere = 0] = release().split(".").map(Number);
  return majorHere > major || (majorHere === major && minorHere >= minor);
}

function runs(command: string, ...parameters: string[]): boolean {
  return spawnSync(command, parameters).status === 0;
}

/** Whether SOCKINFO_TEST_LACKS names it. */
function isLacking(name: string): boolean {
  return (process.env["SOCKINFO_TEST_LACKS"] ?? "").split(",").includes(name);
}

/** For `describe.skipIf(lacks("root", "setpriv"))`. */
export function lacks(...names: (keyof typeof NEEDS)[]): boolean {
  const needs = names.map((name): Need & { name: string } => ({ name, ...NEEDS[name] }));
  if (needs.some(({ only }) => only !== undefined && only !== process.platform)) return true;
  const missing = needs.filter(({ name, isHere }) => isLacking(name) || !isHere()).map(({ name }) => name);
  const unexpected = missing.filter((name) => !isLacking(name));
  if (unexpected.length > 0 && process.env["SOCKINFO_TEST_ALL"] === "1")
    throw new Error(`missing here: ${unexpected.join(", ")}`);
  return missing.length > 0;
}

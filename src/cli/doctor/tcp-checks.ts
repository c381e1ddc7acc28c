// What can be known about TCP sockets here: of this process, and of others.
import { readdirSync } from "node:fs";
import process from "node:process";
import {
  type DestroyObserver,
  dumpAllTcpSockets,
  Failure,
  findTcpSocket,
  getCongestionControl,
  getFd,
  getSocketMemory,
  getTcpInfo,
  getTcpInfoBytes,
  loadAddon,
  type NativeBinding,
  readCookie,
  subscribeToDestroyEvents,
} from "../../core";
import { unwrap } from "../sockets";
import { type Check, Gap } from "./check";
import type { Loopback } from "./loopback";

export const TCP_CHECKS: readonly Check<Loopback>[] = [
  { name: "TCP_INFO of own connections", try: tryTcpInfo },
  { name: "accept queue of own servers", try: tryListenerInfo },
  { name: "socket memory", try: tryMemory },
  { name: "congestion control", try: ({ accepted }) => getCongestionControl(accepted).name },
  { name: "one socket without descriptor", try: tryFind },
  { name: "TCP sockets of all processes", try: tryDump },
  { name: "connections as they end", try: tryDestroyEvents },
  { name: "owners of sockets", try: tryOwners },
];

function tryTcpInfo({ accepted }: Loopback): string | Gap {
  const values = Object.values(getTcpInfo(accepted)).filter((value) => value !== undefined);
  const text = `${getTcpInfoBytes(accepted).length} bytes, ${values.length} properties with a value`;
  return values.length < 20 ? new Gap(`${text}: the kernel fills in a part only`) : text;
}

function tryListenerInfo({ server }: Loopback): string | Gap {
  const { getListenerInfo } = require("../../connections") as typeof import("../../connections");
  const { acceptQueueLimit, droppedSyns } = getListenerInfo(server);
  return droppedSyns === undefined
    ? new Gap("queue and limit, but not what was dropped (SO_MEMINFO)")
    : `queue, limit (${acceptQueueLimit}) and what was dropped`;
}

function tryMemory({ accepted }: Loopback): string {
  getSocketMemory(accepted);
  return "SO_MEMINFO";
}

function tryFind({ accepted }: Loopback): string {
  const row = unwrapFound(findTcpSocket(idOf(accepted)));
  return `sock_diag, ${row.state}`;
}

function idOf(socket: Loopback["accepted"]): Parameters<typeof findTcpSocket>[0] {
  const local = { address: socket.localAddress ?? "", port: socket.localPort ?? 0 };
  const remote = { address: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 };
  return { local, remote, cookie: cookieOf(socket) };
}

function cookieOf(socket: Loopback["accepted"]): bigint {
  const cookie = readCookie(unwrap<NativeBinding>(loadAddon()), getFd(socket));
  if (cookie instanceof Failure) throw cookie.toError();
  return cookie;
}

function unwrapFound<Value extends object>(found: Value | undefined | Failure): Value {
  if (found === undefined) throw new Error("sock_diag does not know a socket of this process");
  return unwrap(found);
}

async function tryDump({ server }: Loopback): Promise<string | Gap> {
  const dump = unwrap(await dumpAllTcpSockets({ maxSockets: 1_000_000 }));
  const { localPort, acceptQueueLimit, droppedSyns } = dump.getColumns([
    "localPort",
    "acceptQueueLimit",
    "droppedSyns",
  ]);
  const { port } = server.address() as { port: number };
  const own = localPort.findIndex((each, index) => each === port && !Number.isNaN(acceptQueueLimit[index]));
  if (own === -1) throw new Error("sock_diag does not know a listener of this process");
  const text = `sock_diag, ${dump.length} TCP sockets of this network namespace`;
  return Number.isNaN(droppedSyns[own]) ? new Gap(`${text}, but not what listeners have dropped`) : text;
}

/** Closes the connection, so this is the last check but for those that need none. */
function tryDestroyEvents({ accepted }: Loopback): Promise<string> {
  const cookie = cookieOf(accepted);
  const port = accepted.localPort ?? 0;
  return new Promise((resolve, reject) => {
    const observer: DestroyObserver = {
      destroyed: (socket) => {
        if (socket.cookie !== cookie) return false;
        subscription.close();
        resolve("announced by sock_diag");
        return true;
      },
      // The announcements have begun.
      lost: () => void accepted.resetAndDestroy(),
      unavailable: (reason) => reject(reason.toError()),
      portsInUse: () => [port],
    };
    const subscription = unwrap(subscribeToDestroyEvents(observer));
    subscription.watchPort(port);
  });
}

function tryOwners(): string | Gap {
  if (process.platform !== "linux") throw new Error("only Linux has /proc/<pid>/fd");
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const hidden = processes.filter((pid) => isDenied(`/proc/${pid}/fd`)).length;
  const text = `/proc/<pid>/fd of ${processes.length - hidden} of ${processes.length} processes`;
  if (hidden === processes.length) throw new Error(text);
  return hidden === 0 ? text : new Gap(`${text}: the others are not this user's`);
}

/** False if the process has ended meanwhile. */
function isDenied(folder: string): boolean {
  try {
    readdirSync(folder);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}

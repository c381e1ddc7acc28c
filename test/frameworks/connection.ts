// Finds the descriptor of a connection by its ports, in the kernel's lists of sockets and of our descriptors.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** One end of a TCP connection. `fd` is only there on Linux. */
export interface Connection {
  readonly localPort: number;
  readonly remotePort: number;
  readonly fd?: number;
}

/** Finds an end that is in this process. Throws if it has not been accepted yet, because then it has no descriptor. */
export function findConnection(localPort: number, remotePort: number): Connection {
  if (process.platform !== "linux") return { localPort, remotePort };
  const link = `socket:[${inodeOf(localPort, remotePort)}]`;
  const fd = readdirSync("/proc/self/fd").find((name) => linkOf(name) === link);
  if (fd === undefined) throw new Error(`no descriptor leads to ${link}`);
  return { localPort, remotePort, fd: Number(fd) };
}

/** proc_net_tcp(5): the second and third columns are address:port in hexadecimal, the tenth is the inode. */
function inodeOf(localPort: number, remotePort: number): string {
  const [local, remote] = [localPort, remotePort].map((port) => `:${port.toString(16).toUpperCase().padStart(4, "0")}`);
  const lines = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) => readFileSync(file, "latin1").split("\n"));
  const columns = lines.map((line) => line.trim().split(/\s+/u));
  const found = columns.find(([, a, b]) => a?.endsWith(`${local}`) && b?.endsWith(`${remote}`));
  if (found?.[9] === undefined) throw new Error(`the kernel has no connection ${local} -> ${remote}`);
  return found[9];
}

/** The descriptor that readdir itself had open is gone. */
function linkOf(name: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${name}`);
  } catch {
    return undefined;
  }
}

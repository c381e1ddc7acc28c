// What can be known about the process at the other end of a Unix socket.
import { dumpUnixSockets, getPeerCredentials, getPeerIdentity, openPeerProcess } from "../../core";
import { unwrap } from "../sockets";
import { type Check, Gap } from "./check";
import type { Loopback } from "./loopback";

export const UNIX_CHECKS: readonly Check<Loopback>[] = [
  { name: "peer of a Unix socket", try: tryCredentials },
  { name: "its security label", try: tryLabel },
  { name: "its process descriptor", try: tryProcess },
  { name: "Unix sockets of all processes", try: tryDump },
];

function tryCredentials({ accepted }: Loopback): string | Gap {
  const { pid, groups } = getPeerCredentials(accepted);
  const missing = [...(pid === undefined ? ["pid"] : []), ...(groups === undefined ? ["groups"] : [])];
  return missing.length === 0 ? "uid, gid, groups and pid" : new Gap(`uid and gid, but not ${missing.join(" and ")}`);
}

function tryLabel({ accepted }: Loopback): string {
  const { securityLabel, absent } = getPeerIdentity(accepted);
  if (securityLabel === undefined) throw new Error(absent.securityLabel?.message ?? "there is none");
  return securityLabel;
}

function tryProcess({ accepted }: Loopback): string {
  openPeerProcess(accepted).close();
  return "SO_PEERPIDFD";
}

async function tryDump(): Promise<string> {
  const { sockets } = unwrap(await dumpUnixSockets());
  return `sock_diag, ${sockets.length} Unix sockets of this network namespace`;
}

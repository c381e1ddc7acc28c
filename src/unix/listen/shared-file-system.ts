// The Linux file systems on which ECONNREFUSED is no proof that a socket is stale. A daemon may listen on the socket
// from another machine or through another mount.
import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { Failure, type NativeBinding } from "../../core";
import { attempt } from "./system-failure";

/** By `f_type` of statfs(2). FUSE includes virtiofs and most shared folders of virtual machines. */
const NAMES: ReadonlyMap<bigint, string> = new Map([
  [0x65735546n, "FUSE"],
  [0x6969n, "NFS"],
  [0x01021997n, "9p"],
  [0x517bn, "SMB"],
  [0xfe534d42n, "SMB"],
  [0xff534d42n, "CIFS"],
  [0x786f4256n, "vboxsf"],
  [0x7c7c6673n, "prl_fs"],
  [0xbacbacbcn, "vmhgfs"],
  [0x5346414fn, "AFS"],
  [0x6b414653n, "AFS"],
  [0x73757245n, "Coda"],
  [0x00c36400n, "Ceph"],
  [0x0bd00bd0n, "Lustre"],
  [0x47504653n, "GPFS"],
  [0x01161970n, "GFS2"],
  [0x7461636fn, "OCFS2"],
  [0xf15fn, "eCryptfs"],
]);

/** The name of a shared file system. `undefined` if a daemon on it answers every process that sees the socket. */
export function findSharedFileSystem({ platform }: NativeBinding, file: string): string | Failure | undefined {
  if (platform !== "linux") return undefined;
  const folder = dirname(file);
  const stats = attempt(folder, () => statfsSync(folder, { bigint: true }));
  // 32-bit systems sign-extend the type.
  return stats instanceof Failure ? stats : NAMES.get(BigInt.asUintN(32, stats.type));
}

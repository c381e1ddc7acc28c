// listenUnix(): removes a stale socket under a lock, then calls bind, chown, chmod and listen.
import { fchmodSync } from "node:fs";
import type { Server } from "node:net";
import { Failure, loadAddon, type NativeBinding } from "../../core";
import { resolveId } from "../names/look-up-ids";
import { type ListenUnixOptions, readListenOptions, refuseServer } from "./listen-options";
import { findStaleSocket, removeStaleSocket } from "./stale-socket";
import { listenOnFd, type ServerToStart } from "./listen-on-fd";
import { type Access, type FileId, setOwnerAndMode, removeIfSame } from "./socket-file";
import { withLock } from "./with-lock";
import { attempt } from "./system-failure";
import { takeListener, type UnixListener } from "./get-unix-listener";
import { addressOf, parsePath, type UnixPath } from "./unix-path";

/**
 * `socket(AF_UNIX)`, `bind(path)`, `chown` and `chmod` of the path, and only then `listen()`. No client can connect
 * before the socket has its final owner and mode. The umask of the process does not change. `server.listen(path)`
 * binds and listens in one step.
 *
 * By default, owner and group are the process's, and the mode is `0o600`. A file system that does not keep them is
 * refused.
 *
 * A stale socket is removed first. It is a socket on which no process answers, and its owner is this process's user or
 * the user of `options.owner`. Any other file stays, and so does a stale socket on a shared file system (NFS, FUSE,
 * 9p, …). When several processes start at once on one path, exactly one listens; the others get `EADDRINUSE`. While
 * they start, `<path>.lock` exists. A file of that name that other users could open is refused. When the server closes
 * or the process exits, the socket's file is removed if it is still the one that this call made.
 *
 * @param server - A server of node:http, https, http2, net or tls that is not listening.
 * @param where - A path of at most 107 bytes (103 on macOS). On Linux also an abstract name, which begins with
 * `"\0"` and has neither owner nor mode: every process may connect. Or a listener of `getUnixListener()`, which keeps
 * its owner and mode.
 * @returns The server, once it listens. After a rejection the server can be used as before. It rejects with a
 * {@link SocketInfoError}: `EADDRINUSE` (the message says what is in the way); `EACCES`, `ENOENT`, `EROFS`, `EPERM`, … with
 * `syscall`; `ERR_SOCKINFO_INVALID_ARGUMENT` (a server that is listening, a path that is too long, …);
 * `ERR_SOCKINFO_UNSUPPORTED_FILE_SYSTEM`; `ERR_SOCKINFO_LISTENER_NOT_OWNED` (a worker of node:cluster);
 * `ERR_SOCKINFO_SOCKET_CLOSED` (another process replaced the file of the socket); `ERR_SOCKINFO_SYSTEM_CALL_DENIED`
 * (Node's permission model); `ERR_SOCKINFO_UNSUPPORTED_PLATFORM`; `ERR_SOCKINFO_UNSUPPORTED_RUNTIME`;
 * `ERR_SOCKINFO_ADDON_LOAD_FAILED`. Wrong arguments are refused before anything is done.
 * @example
 * await listenUnix(server, "/run/app/api.sock", { mode: 0o660, group: "app-clients" });
 * @see unix(7), bind(2), listen(2)
 */
export async function listenUnix<S extends Server>(
  server: S,
  where: string | UnixListener,
  options: ListenUnixOptions = {},
): Promise<S> {
  const failure = await listen(server, where, options);
  if (failure) throw failure.toError(listenUnix);
  return server;
}

async function listen(server: unknown, where: unknown, options: unknown): Promise<Failure | undefined> {
  const read = refuseServer(server) ?? readListenOptions(options, where);
  if (read instanceof Failure) return read;
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  const { mode, owner, group, backlog } = read;
  const target = { server: server as Server, backlog };
  if (typeof where === "object" && where !== null) {
    const inherited = takeListener(where);
    return inherited instanceof Failure ? inherited : listenOnFd(binding, target, inherited.fd, inherited.path);
  }
  const path = parsePath(where);
  if (path instanceof Failure) return path;
  if (path.isAbstract) return bindAndServe(binding, target, path, undefined);
  const [uid, gid] = await Promise.all([
    resolveId("findUserId", owner, "options.owner"),
    resolveId("findGroupId", group, "options.group"),
  ]);
  if (uid instanceof Failure) return uid;
  if (gid instanceof Failure) return gid;
  // The group is always set, because on macOS, and on Linux with setgid, a new file gets the group of its folder.
  const access: Access = {
    mode: mode ?? 0o600,
    uid: uid ?? (process.geteuid?.() as number),
    gid: gid ?? (process.getegid?.() as number),
  };
  // The first check needs no lock, because a daemon that listens there answers at any time.
  const stale = await findStaleSocket(binding, path, access.uid);
  if (stale instanceof Failure) return stale;
  return withLock(binding, path.file, () => replaceStale(binding, target, path, access));
}

/** Called under the lock. */
async function replaceStale(
  binding: NativeBinding,
  target: ServerToStart,
  path: UnixPath,
  access: Access,
): Promise<Failure | undefined> {
  const stale = await findStaleSocket(binding, path, access.uid);
  if (stale instanceof Failure) return stale;
  const failure = stale && removeStaleSocket(path, stale);
  // Other code may have called server.listen() meanwhile.
  return failure ?? refuseServer(target.server) ?? bindAndServe(binding, target, path, access);
}

/** Calls bind() and listen() without awaiting anything between them. */
async function bindAndServe(
  binding: NativeBinding,
  target: ServerToStart,
  path: UnixPath,
  access: Access | undefined,
): Promise<Failure | undefined> {
  const fd = binding.openUnixSocket();
  if (fd < 0) return Failure.ofSystem(fd, "socket");
  const id = attempt(path.text, () => bind(binding, fd, path, access));
  if (id instanceof Failure) {
    binding.closeDescriptor(fd);
    return id;
  }
  return listenOnFd(binding, target, fd, path.text, id && (() => removeIfSame(path.file, id)));
}

/** Returns the id of the socket's file. `undefined` for an abstract name. */
function bind(
  binding: NativeBinding,
  fd: number,
  path: UnixPath,
  access: Access | undefined,
): FileId | Failure | undefined {
  const { text, file } = path;
  // Linux makes the file with the mode of the socket, minus the umask. So the mode mostly needs no change later.
  if (access && binding.platform === "linux") attempt(text, () => fchmodSync(fd, access.mode));
  const error = binding.bindUnix(fd, new TextEncoder().encode(addressOf(path) ?? file));
  if (error < 0) return Failure.ofSystem(error, "bind", text.replace("\0", "@"));
  return access && setOwnerAndMode(binding, file, access);
}

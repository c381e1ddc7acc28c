// listenUnix(): bind, chown and chmod, listen. The steps: listen-options.ts, unix-path.ts → occupant.ts, under start-lock.ts →
// socket-file.ts → serve.ts. Inherited listeners: unix-listener.ts.
import { fchmodSync } from "node:fs";
import type { Server } from "node:net";
import { Failure, loadAddon, type NativeBinding } from "../../core";
import { findId } from "../names/look-up-ids";
import { type ListenUnixOptions, readListenOptions, refuseServer } from "./listen-options";
import { findOccupant, removeStale } from "./occupant";
import { serve, type Target } from "./serve";
import { type Access, type FileId, giveAccess, removeOwn } from "./socket-file";
import { withStartLock } from "./start-lock";
import { attempt } from "./system-failure";
import { takeListener, type UnixListener } from "./get-unix-listener";
import { addressOf, parsePath, type UnixPath } from "./unix-path";

/**
 * `socket(AF_UNIX)`, `bind(path)`, `chown` and `chmod` of the path, and only then `listen()`: nobody can connect before the socket has its
 * final owner and mode, and the umask of the process stays as it is. `server.listen(path)` does the first and the last at once.
 *
 * Owner and group are the process's and the mode is `0o600`, if not given. A file system that does not keep them is
 * refused.
 *
 * A socket file that was left behind is removed first: only a socket, only where nobody answers, and only if its owner is this process's user
 * or the one of `options.owner`. On a shared file system (NFS, FUSE, 9p, …) it stays. Of any number of processes that start at once on one path exactly one listens; the others get `EADDRINUSE`.
 * For those moments there is `<path>.lock`. A file of that name that other users could open is refused. When the server
 * closes, or the process exits, the socket file is removed if it is still the one that was made here.
 *
 * @param server - A server of node:http, https, http2, net or tls that does not listen yet.
 * @param where - A path of at most 107 bytes (103 on macOS); on Linux also an abstract name, which begins with `"\0"` and has neither owner nor
 * mode: everybody may connect. Or what `getUnixListener()` gave, whose owner and mode are those that it has.
 * @returns The server, when it listens. Rejects with a {@link SocketInfoError}: `EADDRINUSE`, whose message says what is in the way; `EACCES`,
 * `ENOENT`, `EROFS`, `EPERM`, … with `syscall`; `ERR_SOCKINFO_INVALID_ARGUMENT` (a path that is
 * too long among others, before anything was done; a server that listens), `ERR_SOCKINFO_UNSUPPORTED_FILE_SYSTEM`,
 * `ERR_SOCKINFO_LISTENER_NOT_OWNED` (a worker of node:cluster), `ERR_SOCKINFO_UNSUPPORTED_PLATFORM`,
 * `ERR_SOCKINFO_UNSUPPORTED_RUNTIME`, `ERR_SOCKINFO_SYSTEM_CALL_DENIED` (Node's permission model),
 * `ERR_SOCKINFO_ADDON_LOAD_FAILED`. After each the server can be used as before.
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
    return inherited instanceof Failure ? inherited : serve(binding, target, inherited.fd, inherited.path);
  }
  const path = parsePath(where);
  if (path instanceof Failure) return path;
  if (path.isAbstract) return bindAndServe(binding, target, path, undefined);
  const [uid, gid] = await Promise.all([findId("findUserId", owner), findId("findGroupId", group)]);
  if (uid instanceof Failure) return uid;
  if (gid instanceof Failure) return gid;
  // Never left to the folder: on macOS, and on Linux with setgid, a new file gets the group of its folder.
  const access: Access = {
    mode: mode ?? 0o600,
    uid: uid ?? (process.geteuid?.() as number),
    gid: gid ?? (process.getegid?.() as number),
  };
  // Without the lock: who lives there says so at any time.
  const occupant = await findOccupant(binding, path, access.uid);
  if (occupant instanceof Failure) return occupant;
  return withStartLock(binding, path.file, () => replaceStale(binding, target, path, access));
}

/** Under the lock. */
async function replaceStale(
  binding: NativeBinding,
  target: Target,
  path: UnixPath,
  access: Access,
): Promise<Failure | undefined> {
  const occupant = await findOccupant(binding, path, access.uid);
  if (occupant instanceof Failure) return occupant;
  const failure = occupant && removeStale(path, occupant);
  // Somebody may have had it listen elsewhere meanwhile.
  return failure ?? refuseServer(target.server) ?? bindAndServe(binding, target, path, access);
}

/** Nothing is awaited between bind() and listen(). */
async function bindAndServe(
  binding: NativeBinding,
  target: Target,
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
  return serve(binding, target, fd, path.text, id && (() => removeOwn(path.file, id)));
}

/** Returns the file that the socket has now, if any. */
function bind(
  binding: NativeBinding,
  fd: number,
  path: UnixPath,
  access: Access | undefined,
): FileId | Failure | undefined {
  const { text, file } = path;
  // Linux makes the file with the mode of the socket, less the umask: mostly there is nothing left to change.
  if (access && binding.platform === "linux") attempt(text, () => fchmodSync(fd, access.mode));
  const error = binding.bindUnix(fd, new TextEncoder().encode(addressOf(path) ?? file));
  if (error < 0) return Failure.ofSystem(error, "bind", text.replace("\0", "@"));
  return access && giveAccess(binding, file, access);
}

// The sockets that allowPeers refuses. Such a socket stays open until its 403 is sent, and trackers skip it.

const refused = new WeakSet<object>();

/** @param socket - The accepted socket, below TLS. */
export function markRefused(socket: object): void {
  refused.add(socket);
}

export function isRefused(socket: object): boolean {
  return refused.has(socket);
}

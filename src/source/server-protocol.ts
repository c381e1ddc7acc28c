// server → the HTTP that it speaks, by the methods of its class: the servers of Node's modules have no other mark.

/** `"h2"` where it is negotiated by TLS, and may be HTTP/1 instead; `undefined` for what is no server of HTTP. */
export function httpOf(server: object): "http/1.1" | "h2" | "h2c" | undefined {
  if (hasMethod(server, "updateSettings")) return isTls(server) ? "h2" : "h2c";
  return hasMethod(server, "closeIdleConnections") ? "http/1.1" : undefined;
}

/** True for servers of tls and https, and of http2 over TLS. */
export function isTls(server: object): boolean {
  return hasMethod(server, "addContext");
}

/** A polluted Object.prototype has no say, so the root of the prototype chain does not count. */
function hasMethod(server: object, name: string): boolean {
  let owner = server;
  for (;;) {
    const parent = Object.getPrototypeOf(owner) as object | null;
    if (parent === null) return false;
    if (Object.hasOwn(owner, name)) return true;
    owner = parent;
  }
}

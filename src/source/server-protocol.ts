// Which protocol a server speaks. The methods of its class show it: Node's servers have no other mark.

/**
 * The version of HTTP that a server speaks. `"h2"` is negotiated in TLS, so clients may choose HTTP/1 instead.
 * `undefined` for a server that does not speak HTTP.
 */
export function httpOf(server: object): "http/1.1" | "h2" | "h2c" | undefined {
  if (hasMethod(server, "updateSettings")) return isTls(server) ? "h2" : "h2c";
  return hasMethod(server, "closeIdleConnections") ? "http/1.1" : undefined;
}

/** True for servers of tls and https, and of http2 over TLS. */
export function isTls(server: object): boolean {
  return hasMethod(server, "addContext");
}

/** Skips the root of the prototype chain: a polluted Object.prototype must not add a method. */
function hasMethod(server: object, name: string): boolean {
  let owner = server;
  for (;;) {
    const parent = Object.getPrototypeOf(owner) as object | null;
    if (parent === null) return false;
    if (Object.hasOwn(owner, name)) return true;
    owner = parent;
  }
}

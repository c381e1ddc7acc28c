// server → the HTTP that it speaks, told by the methods of its class: those of the runtime's modules have no other mark.

/** `"h2"` where it is negotiated by TLS, and may be HTTP/1 instead; `undefined` for what is no server of HTTP. */
export function httpOf(server: object): "http/1.1" | "h2" | "h2c" | undefined {
  const { updateSettings, closeIdleConnections, addContext } = server as {
    updateSettings?: unknown;
    closeIdleConnections?: unknown;
    addContext?: unknown;
  };
  if (updateSettings !== undefined) return addContext === undefined ? "h2c" : "h2";
  return closeIdleConnections === undefined ? undefined : "http/1.1";
}

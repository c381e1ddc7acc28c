// The private diagnostics channels from sockinfo/hijack to sockinfo/connections. The two are separate bundles, which
// may come from two copies of the package. They share only these names.

/** Publishes a {@link HijackMessage} after a connection was taken from its server. */
export const HIJACK_CHANNEL: unique symbol = Symbol.for("sockinfo.hijack");

/** Publishes a {@link ReleaseMessage} when a connection goes back to its server, before anything is read from it. */
export const RELEASE_CHANNEL: unique symbol = Symbol.for("sockinfo.release");

export interface HijackMessage {
  readonly socket: object;
  readonly request: object;
}

export interface ReleaseMessage {
  readonly socket: object;
}

// What sockinfo/hijack tells sockinfo/connections: two bundles, and perhaps two copies of the package, that share only names.

/** Published when a connection has been taken from its server, with a {@link HijackMessage}. */
export const HIJACK_CHANNEL = "sockinfo.hijack";

/** Published when a connection goes back to its server, before anything is read of it, with a {@link ReleaseMessage}. */
export const RELEASE_CHANNEL = "sockinfo.release";

export interface HijackMessage {
  readonly socket: object;
  readonly request: object;
}

export interface ReleaseMessage {
  readonly socket: object;
}

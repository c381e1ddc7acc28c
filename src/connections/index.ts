// The public names of `sockinfo/connections`. No logic here. Everything in this folder imports the core from ../core only.
export { getConnection, tryGetConnection } from "./get-connection";
export { currentSocket, enableCurrentSocket } from "./current-socket";
export { getListenerInfo, tryGetListenerInfo, type ListenerInfo } from "./listener-info";
export { type ConnectionTracker, getTracker, trackConnections } from "./tracker";
export type {
  CloseReason,
  Connection,
  ConnectionState,
  ConnectionSummary,
  Endpoint,
  RequestCounts,
  TrackConnectionsOptions,
  TrackerEvents,
} from "./types";
export type { Quantiles } from "./quantiles";
export { takeSnapshot, type Snapshot, type SnapshotQuantiles } from "./snapshot";

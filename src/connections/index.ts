// The public names of `sockinfo/connections`. No logic here. Everything in this folder imports the core from ../core only.
export { currentConnection } from "./current-connection";
export { diffTcpInfo, type TcpCounters } from "./counters";
export { getConnection, tryGetConnection } from "./get-connection";
export { currentSocket, enableCurrentSocket } from "./current-socket";
export { getConnection, tryGetConnection } from "./get-connection";
export { getListenerInfo, tryGetListenerInfo, type ListenerInfo } from "./listener-info";
export type { Quantiles } from "./quantiles";
export { takeSnapshot, type Snapshot, type SnapshotQuantiles } from "./snapshot";
export { measureRequest, type MeasureRequestOptions, type RequestCost, tryMeasureRequest } from "./measure-request";
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

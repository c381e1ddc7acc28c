// The public names of `sockinfo/connections`, and no logic.
export type {
  ConnectionEnd,
  ConnectionOutcome,
  KnownOutcome,
  OutcomeFacts,
  UnknownEndReason,
  UnknownOutcome,
} from "./after-close/types";
export { diffTcpInfo, type TcpCounters } from "./counters";
export { getCurrentConnection } from "./get-current-connection";
export { enableCurrentSocket, getCurrentSocket } from "./get-current-socket";
export { getConnection, tryGetConnection } from "./get-connection";
export type { HealthWatcher } from "./health/health-watcher";
export type { HealthCondition, HealthDetails, HealthEvents, WatchHealthOptions } from "./health/types";
export { watchHealth } from "./health/watch-health";
export { getListenerInfo, tryGetListenerInfo, type ListenerInfo } from "./listener-info";
export { measureRequest, type MeasureRequestOptions, tryMeasureRequest } from "./measure-request";
export type { RequestCost } from "./request-cost";
export type { Quantiles } from "../quantiles";
export { takeSnapshot, type Snapshot, type SnapshotQuantiles } from "./snapshot";
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
  WhenDestroyedOptions,
} from "./types";

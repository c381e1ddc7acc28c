// What the metrics of all systems have in common: what is counted, and how. This is no subpath. Each subpath that needs
// it has a copy.
export { BOUNDARIES, expectedSamples, type RecordSample, type SampleName } from "./samples";
export { type ClassSnapshot, CLOSE_REASONS, LIVE_STATES, type LiveState } from "./class-metrics";
export type { Classify } from "./classify";
export type { ListenerSnapshot } from "./listeners";
export type { RttQuantiles } from "./quantiles";
export type { TcpCounterName } from "./tcp-counters";
export { type MetricsSnapshot, TrackerMetrics } from "./tracker-metrics";

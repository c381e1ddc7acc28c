// Counts a tracker's connections, for Prometheus and OpenTelemetry alike. This is no subpath: each subpath that needs
// it bundles a copy.
export { BOUNDARIES, expectedSamples, type RecordSample, type SampleName } from "./samples";
export { type ClassSnapshot, CLOSE_REASONS, LIVE_STATES, type LiveState } from "./class-metrics";
export type { Classify } from "./classify";
export type { ListenerSnapshot } from "./listeners";
export type { RttQuantiles } from "./quantiles";
export { segmentGrowth, type TcpCounterName } from "./tcp-counters";
export { type MetricsSnapshot, TrackerMetrics } from "./tracker-metrics";

// The public names of `sockinfo/server-timing`, and no logic.
export { appendServerTiming } from "./append-server-timing";
export { describeServerTiming } from "./describe-server-timing";
export type { ServerTimingField } from "./metrics";
export type { ServerTimingOptions } from "./read-metrics";
export type { ServerTimingResponse } from "./response-kinds";

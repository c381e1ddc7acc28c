// The rules for macOS. It reports neither acknowledgements, nor what limits a connection, nor the least round trip:
// what those tell is unknown there.
import type { Facts } from "./facts";
import { CLOSED, DELIVERED, NOT_CONNECTED, RETRANSMISSIONS, type Rule, TOO_LITTLE_SEEN, UNDELIVERED } from "./rules";
import * as say from "./sentences";

const FIELDS_MISSING: Rule = {
  verdict: "unknown",
  cause: "fields-missing",
  fits: ({ before, now, retransmitted }) =>
    (now.state !== "ESTABLISHED" && now.state !== "CLOSE_WAIT") ||
    before.sendBufferBytes === undefined ||
    now.sendBufferBytes === undefined ||
    now.dataSegmentsSent === undefined ||
    retransmitted === undefined,
  proof: undefined,
  sentence: say.fieldsMissing,
};

const IDLE: Rule = {
  verdict: "idle",
  cause: undefined,
  fits: ({ sentSegments, undeliveredBytes }) => sentSegments === 0 && undeliveredBytes === 0,
  proof: ["intervalMs", ({ intervalMs }) => intervalMs],
  sentence: ({ intervalMs }) => say.idle(intervalMs),
};

const waitsAtBoth = ({ before, now }: Facts): boolean =>
  (before.sendBufferBytes ?? 0) > 0 && (now.sendBufferBytes ?? 0) > 0;

const TAKES_NOTHING: Rule = {
  verdict: "slow-reader",
  cause: "takes-nothing",
  fits: (facts) =>
    facts.now.sndWndBytes !== undefined &&
    facts.before.sndWndBytes !== undefined &&
    !facts.isWindowOpen &&
    facts.before.sndWndBytes < (facts.before.sndMssBytes ?? 0) &&
    facts.sentSegments === 0 &&
    waitsAtBoth(facts),
  proof: ["undeliveredBytes", ({ undeliveredBytes = 0 }) => undeliveredBytes],
  sentence: say.takesNothing,
};

/** Only retransmissions left. A lossy path and a dead peer look alike, because acknowledgements are not reported. */
const NOTHING_NEW: Rule = {
  verdict: "unknown",
  cause: "fields-missing",
  fits: ({ sentSegments, retransmitted = 0 }) => retransmitted > 0 && sentSegments <= retransmitted,
  proof: undefined,
  sentence: say.fieldsMissing,
};

const REST: Rule = {
  verdict: "unknown",
  cause: "fields-missing",
  fits: () => true,
  proof: undefined,
  sentence: say.fieldsMissing,
};

export const DARWIN_RULES: readonly Rule[] = [
  CLOSED,
  UNDELIVERED,
  DELIVERED,
  NOT_CONNECTED,
  FIELDS_MISSING,
  TOO_LITTLE_SEEN,
  IDLE,
  TAKES_NOTHING,
  NOTHING_NEW,
  RETRANSMISSIONS,
  REST,
];

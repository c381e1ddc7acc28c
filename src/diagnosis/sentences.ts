// One sentence a verdict, for a person: what happens, and the number that proves it.
import type { Facts } from "./facts";
import { lossLimitsSpeed } from "./loss-cost";
import { retriesOf } from "./reading";
import { bytesText, countText, percentText, rateText, timeText } from "./words";

const PATH = "between this server and the peer";

export const closed = (): string => "The connection is closed.";

export const undelivered = ({ undeliveredBytes = 0 }: Facts): string =>
  `Closed here, and ${bytesText(undeliveredBytes)} are not yet delivered.`;

export const delivered = (): string => "Closed here, and the peer has acknowledged all data.";

export const notConnected = (): string => "The connection is not established yet.";

export const mptcp = (): string =>
  "This is an MPTCP connection, and its readings describe only the first of its paths.";

export const fieldsMissing = (): string => "The system does not report enough about this connection for a verdict.";

export const intervalWrong = ({ intervalMs, leastMs, mostMs }: Facts): string =>
  `The kernel counts ${timeText(leastMs)}${mostMs === Infinity ? " or more" : ""} between the readings, ` +
  `so intervalMs (${timeText(intervalMs)}) is wrong.`;

export const tooLittleSeen = ({ intervalMs }: Facts): string =>
  `Too little was seen for a verdict: ${timeText(intervalMs)}, and it takes half a second.`;

export const noAnswer = ({ now, sinceLastAckReceivedMs }: Facts): string =>
  `No answer from the peer for ${timeText(sinceLastAckReceivedMs)}, ${retriesText(now)}.`;

function retriesText(now: Facts["now"]): string {
  const retries = retriesOf(now);
  if (retries === 0) return "and no retry yet, because each write starts the timer again";
  return `after ${countText(retries, "retry")}. The next one comes within ${timeText(now.rtoMs ?? 0)}`;
}

export const probesUnanswered = ({ sinceLastAckReceivedMs }: Facts): string =>
  `The peer's window was closed, and now the peer has not answered at all for ${timeText(sinceLastAckReceivedMs)}.`;

export const nothingLeaves = ({ now, notSentBytes, sinceLastAckReceivedMs }: Facts): string =>
  `${now.sndWndBytes === undefined ? "No answer from the peer" : "Nothing leaves this server"}: ` +
  `${countText(now.unansweredProbes ?? 0, "try")} failed, ${bytesText(notSentBytes)} wait here, ` +
  `and the last answer came ${timeText(sinceLastAckReceivedMs)} ago.`;

export const idle = (sinceMs: number): string =>
  `Nothing to send for ${timeText(sinceMs)}. Whether the peer is still there is unknown.`;

/** The kernel has only a part of what waits. The caller knows whether Node has more. */
const place = ({ pendingBytes }: Facts): string => (pendingBytes === undefined ? "in the kernel" : "here");

export const takesNothing = (facts: Facts): string => {
  const { intervalMs, undeliveredBytes = 0, pendingBytes = 0 } = facts;
  const waiting = bytesText(undeliveredBytes + pendingBytes);
  return `The peer has taken nothing for ${timeText(intervalMs)}, and ${waiting} wait ${place(facts)}.`;
};

export const smallWindow = ({ now: { sndWndBytes = 0, rttMs = 0 } }: Facts): string =>
  `The peer's receive buffer is too small: ${bytesText(sndWndBytes)} in a round trip of ${timeText(rttMs)}, ` +
  `which is ${rateText((sndWndBytes / (rttMs || 1)) * 1000)} at most.`;

export const readsSlowly = (facts: Facts): string => {
  const { goodputBytesPerSecond, waitingMs, pendingBytes = 0 } = facts;
  const pendingMs = (pendingBytes / Math.max(goodputBytesPerSecond, 1)) * 1000;
  return (
    `The peer reads slowly: it takes ${rateText(goodputBytesPerSecond)}, ` +
    `and what waits ${place(facts)} takes ${timeText(waitingMs + pendingMs)} at this speed.`
  );
};

export const timeouts = (facts: Facts): string =>
  `Packets are lost ${PATH}: ${countText(facts.timeouts, "timeout")} in ${timeText(facts.intervalMs)}.`;

export const retransmissions = (facts: Facts): string => {
  const limits = lossLimitsSpeed(facts);
  const effect = limits === undefined ? "" : limits ? " That limits the speed." : " That does not limit the speed.";
  return `Packets are lost ${PATH}: ${percentText(facts.lossRatio)} were sent again.${effect}`;
};

export const reordering = ({ reorderingRatio }: Facts): string =>
  `Packets change their order ${PATH} (${percentText(reorderingRatio)}), and hardly any is lost.`;

export const sendBufferCounted = ({ sendBuffer }: Facts): string =>
  `This server's send buffer is too small for the distance to the peer: full ${percentText(sendBuffer)} of the time.`;

export const pending = ({ now: { rttMs = 0 }, inFlightBytes, pendingBytes = 0 }: Facts): string =>
  `This server's send buffer is too small: ${bytesText(inFlightBytes)} in a round trip of ${timeText(rttMs)}, ` +
  `while ${bytesText(pendingBytes)} wait in the application.`;

export const pauses = ({ application }: Facts): string =>
  `The connection waits for this server's application ${percentText(application)} of the time.`;

const queue = ({ queueingMs, now: { rttMs = 0 } }: Facts): string =>
  `A queue ${PATH} takes ${timeText(queueingMs)} of the round trip of ${timeText(rttMs)}`;

export const queueOfOthers = (facts: Facts): string => `${queue(facts)}, and other traffic fills it.`;

export const queueOfAnyone = (facts: Facts): string => `${queue(facts)}. Perhaps this transfer fills it itself.`;

export const distance = ({ ackedBytes = 0, minRttMs }: Facts, rounds: number): string =>
  `Too short to get fast: ${bytesText(ackedBytes)} in ${Math.round(rounds)} round trips of ${timeText(minRttMs)}.`;

export const paced = ({ now }: Facts): string =>
  `Sends as fast as its pacing limit allows: ${rateText(now.maxPacingRateBytesPerSecond ?? 0)}.`;

export const smallWrites = ({ goodputBytesPerSecond, pendingBytes }: Facts): string =>
  `This server's application sends little at a time (${rateText(goodputBytesPerSecond)}): always something in ` +
  `flight, never a full window${pendingBytes === undefined ? ", or its send buffer is too small" : ""}.`;

export const growing = ({ goodputBytesPerSecond }: Facts): string =>
  `Nothing holds it back: ${rateText(goodputBytesPerSecond)}, and the speed may still grow.`;

export const bandwidth = ({ goodputBytesPerSecond }: Facts): string =>
  `Sends as fast as the path to the peer takes it: ${rateText(goodputBytesPerSecond)}.`;

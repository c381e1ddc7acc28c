// Compares the two servers. As long as no handler has taken the connection, nothing may differ.
import type { View } from "./exchange.mts";
import type { Place } from "./measure.mts";
import type { Plan } from "./plans.mts";
import type { Moment, Outcome } from "./serve.mts";

const KNOWN_CODES =
  /^ERR_SOCKINFO_(BYTES_PARSED|SOCKET_CLOSED|RESPONSE_PENDING|RESPONSE_BEGUN|HIJACKED|NOT_RELEASABLE)$/;
const MOMENTS = ["when all was sent", "when the client had left", "after a reset"];

/** Headers that Node writes, and that owners do not. */
const BY_NODE_ONLY = /(Connection|Keep-Alive): .*?\r\n/gi;
/** Node's last answer, to bytes that its parser refuses. */
const FAULT = /HTTP\/1\.1 4(00|13|31) (.|\r|\n)*$/;

export interface Case {
  readonly bytes: Buffer;
  readonly plan: Plan;
  readonly plain: Outcome;
  readonly enabled: Outcome;
  /** Runs the plain server without the reset, which may come before the server has seen everything. */
  readonly plainWithoutReset: () => Promise<Outcome>;
  readonly places: () => Promise<Place[]>;
}

/** Says in a few words what is wrong. Returns `undefined` if nothing is. */
export async function findFault(one: Case): Promise<string | undefined> {
  const { plan, plain, enabled } = one;
  const isReset = plan.end === "reset-at-once";
  const [last, plainLast] = [enabled.moments.at(-1), plain.moments.at(-1)];
  if (!last || !plainLast) return "nothing was seen";
  const { exchanges } = last;
  const code = exchanges.flatMap(({ codes }) => codes).find((name) => !KNOWN_CODES.test(name));
  if (code !== undefined) return `an unexpected error: ${code}`;
  if (enabled.witness !== plain.witness) return "another connection is broken";
  const wouldSee = isReset && hasSurplus(last, plainLast) ? (await one.plainWithoutReset()).moments.at(-1) : plainLast;
  if (hasSurplus(last, wouldSee)) {
    return "a request that the plain server does not see";
  }
  const isTaken = exchanges.some(({ outcome }) => outcome);
  // Node does not close responses that wait for their turn. So timing decides which are closed after a release.
  const left = exchanges.findIndex((seen, index) => {
    return isLeft(seen) && (isTaken ? seen.outcome : !isLeft(plainLast.exchanges[index]));
  });
  if (left !== -1) return `the handler of request ${left} is left waiting`;
  if (last.isServerOpen && !plainLast.isServerOpen) return "the connection is left open";
  if (exchanges.some(({ outcome }) => outcome === "owned")) return findInexact(one, await one.places());
  // Timing decides how far the two servers get before a reset.
  if (isReset && exchanges.some(({ outcome }) => outcome === "released")) return undefined;
  return findDifference(plain.moments, enabled.moments);
}

/** Whether there are more requests than on the plain server, or others. */
function hasSurplus({ exchanges }: Moment, plain: Moment | undefined): boolean {
  return exchanges.some((seen, index) => !isSame(seen.request, plain?.exchanges[index]?.request));
}

/** Listeners of 'upgrade' and 'connect' have no response. */
function isLeft(seen: View | undefined): boolean {
  return seen !== undefined && /request|checkContinue/.test(seen.event) && !seen.end.events.includes("response close");
}

function findDifference(plain: readonly Moment[], enabled: readonly Moment[]): string | undefined {
  const isReleased = enabled.some(({ exchanges }) => exchanges.some(({ outcome }) => outcome));
  const received = ({ received: text }: Moment) =>
    isReleased ? text.replace(FAULT, "").replaceAll(BY_NODE_ONLY, "") : text;
  for (const [index, moment] of enabled.entries()) {
    const other = plain[index];
    if (!other) return "a moment is missing";
    const when = MOMENTS[index];
    if (moment.exchanges.length !== other.exchanges.length) return `the number of requests differs ${when}`;
    // A client's fault closes the connection, and owners act a little later than Node. So timing decides how far
    // handlers get, and how many answers are on their way by then.
    const isTimely = isReleased && !other.isServerOpen;
    const number = moment.exchanges.findIndex((seen, at) => {
      return (
        !seen.outcome && !isTimely && !isSame(comparable(seen, isReleased), comparable(other.exchanges[at], isReleased))
      );
    });
    if (number !== -1) return `request ${number} differs ${when}`;
    const [got, expected] = [received(moment), received(other)];
    const isPart = isTimely && (got.startsWith(expected) || expected.startsWith(got));
    if (!isPart && got !== expected) return `the responses differ ${when}`;
    if (moment.endedBy !== other.endedBy) return `the end that the client sees differs ${when}`;
    if (moment.isServerOpen !== other.isServerOpen) return `the end of the connection differs ${when}`;
  }
  return undefined;
}

const comparable = (seen: View | undefined, isReleased: boolean) =>
  seen && { ...seen, codes: [], ...(isReleased && { end: "" }) };
const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

/** Each owner must get what was sent after the request's headers; one who came late, what was sent after its body. */
function findInexact({ bytes, plan, enabled }: Case, places: readonly Place[]): string | undefined {
  for (const [index, { asked, outcome, owned, ownedEnd, request, end }] of enabled.moments
    .at(-1)
    ?.exchanges.entries() ?? []) {
    const place = places[index];
    if (outcome !== "owned" || place?.key !== `${request.method} ${request.url}`) continue;
    const from = asked === "early" ? place.headEnd : place.bodyEnd;
    if (asked === "late" && !end.complete) return `request ${index} was taken late, but is not complete`;
    const sent = bytes.subarray(from, enabled.sentBytes).toString("latin1");
    // llhttp may have skipped line ends right after a request.
    const lost = asked === "late" ? lineEnds(sent) - lineEnds(owned) : 0;
    const expected = lost > 0 ? sent.slice(lost) : sent;
    if (!ownedEnd && !plan.end.startsWith("reset"))
      return `the owner of request ${index} did not hear the client's end`;
    // On any server, a reset loses what is on its way.
    if (ownedEnd === "end" ? owned === expected : expected.startsWith(owned)) continue;
    return `the owner of request ${index} (${asked}) got ${JSON.stringify(owned)} instead of ${JSON.stringify(sent)}`;
  }
  return undefined;
}

const lineEnds = (text: string) => /^[\r\n]*/.exec(text)?.[0].length ?? 0;

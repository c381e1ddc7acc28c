// Runs the cases one after the other, in a process of their own, because a fault may end it. Prints a line for each
// case.
import { writeSync } from "node:fs";
import { makeMessage, type Message } from "./bytes.mts";
import { findFault } from "./compare.mts";
import { measure, type Place } from "./measure.mts";
import { makePlans, type Plan } from "./plans.mts";
import { type Outcome, run } from "./serve.mts";

const [seed = 0, firstMessage = 0, firstPlan = 0, count = 1] = process.argv.slice(2).map(Number);
/** Over TCP, timing can cause a difference. Only one that shows in each attempt is a fault. */
const ATTEMPTS = { memory: 1, tcp: 3 };

const uncaught: Error[] = [];
process.on("uncaughtException", (error) => uncaught.push(error));

let done = 0;
for (let number = firstMessage; done < count; number++) {
  const message = makeMessage(seed, number);
  const plans = makePlans(seed, number, message.bytes.length);
  const places = once(() => measure(message));
  for (const [index, plan] of plans.entries()) {
    if ((number === firstMessage && index < firstPlan) || done === count) continue;
    done++;
    say({ message: number, plan: index });
    const report = await tryCase(message, plan, places);
    if (report) say({ report });
  }
}
// Servers are still listening.
process.exit();

async function tryCase(message: Message, plan: Plan, places: () => Promise<Place[]>): Promise<object | undefined> {
  for (let attempt = 1; ; attempt++) {
    const plain = await run("plain", message, plan);
    const enabled = await run("enabled", message, plan);
    const plainWithoutReset = () => run("plain", message, { ...plan, end: "none" });
    const [error] = uncaught.splice(0);
    const { bytes, setup } = message;
    const fault = error
      ? `an uncaught exception: ${error.stack}`
      : await findFault({ bytes, plan, plain, enabled, plainWithoutReset, places });
    if (fault === undefined) return undefined;
    if (!error && attempt < ATTEMPTS[plan.transport]) continue;
    return { fault, bytes: bytes.toString("latin1"), plan, setup, plain: inShort(plain), enabled: inShort(enabled) };
  }
}

/** The last moment in full, and earlier moments that differ from the one before. */
function inShort({ moments, sentBytes, witness }: Outcome): object {
  const texts = moments.map(({ exchanges, ...connection }) => ({
    ...connection,
    requests: exchanges.map(({ request, body, asked, outcome, codes, owned, ownedEnd, end }) => {
      const what = `${request.event} ${request.method} ${request.url} HTTP/${request.httpVersion} ${asked ?? ""} ${outcome ?? ""}`;
      return { what, codes, body, owned, ownedEnd, complete: end.complete, events: end.events };
    }),
  }));
  const different = texts.filter((text, at) => JSON.stringify(text) !== JSON.stringify(texts[at - 1]));
  return { moments: different, sentBytes, ...(witness && { witness }) };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function say(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

// What handlers do, early and late. The client's request says by a number which of it.
import type { IncomingMessage, ServerResponse } from "node:http";
import { SocketInfoError } from "sockinfo";
import { hijack } from "sockinfo/hijack";
import { runFor } from "./findings.mts";
import { own } from "./owners.mts";
import { immediate, Random, sleep, type Weights } from "./random.mts";
import { note } from "./story.mts";
import { count } from "./tally.mts";

/** The requests whose handler has returned when it calls hijack(). */
const handled = new WeakSet<IncomingMessage>();

type Handler = (request: IncomingMessage, response: ServerResponse, random: Random) => unknown;

const HANDLERS = {
  answer: (_request, response) => void response.end("ok"),
  async answerLater(_request, response, random) {
    await sleep(random.below(10));
    response.end("ok");
  },
  answerMuch(_request, response, random) {
    // Node stops reading while much waits for its turn, and does not hear of the client's end then.
    const isItsTurn = response.socket !== null;
    response.end(Buffer.alloc(isItsTurn ? random.below(300_000) : 2, "much"));
  },
  readAndAnswer: (request, response) => void request.on("end", () => response.end("read")).resume(),
  // As long polling: 'close' tells when the client has gone.
  wait: (request) => void request.resume(),
  destroyResponse: (_request, response) => void response.destroy(),
  destroySocket: ({ socket }) => void socket.destroy(),
  // Blocks: what the client does meanwhile is there when the connection is taken.
  takeBlocked(request, response, random) {
    const start = performance.now();
    while (performance.now() - start < 3);
    return take(request, response, random);
  },
  take,
  async takeTwice(request, response, random) {
    const [first, second] = await Promise.allSettled([hijack(request, response), hijack(request, response)]);
    if (second.status === "rejected") count(`refused: ${(second.reason as SocketInfoError).code}`);
    if (first.status === "fulfilled") await own(first.value, random);
    else response.destroy();
  },
  async takeAndAnswer(request, response, random) {
    const taking = take(request, response, random);
    // Without a callback it is a warning of the process.
    response.end("not sent", random.chance(0.9) ? () => {} : undefined);
    await taking;
  },
  async takeWhileRead(request, response, random) {
    request.on("error", () => {}).resume();
    await take(request, response, random);
  },
  async takeLate(request, response, random) {
    handled.add(request);
    const pause = random.pick([() => Promise.resolve(), immediate, () => sleep(random.below(8)), tick]);
    await pause();
    await take(request, response, random);
  },
  async takeAfterBody(request, response, random) {
    handled.add(request);
    const isOver = new Promise((resolve) =>
      request
        .on("end", resolve)
        .on("close", resolve)
        .on("error", () => {}),
    );
    request.resume();
    await isOver;
    await take(request, response, random);
  },
} satisfies Record<string, Handler>;

export type Act = keyof typeof HANDLERS;

const WEIGHTS: Weights<Act> = {
  answer: 4,
  answerLater: 2,
  answerMuch: 1,
  readAndAnswer: 2,
  wait: 3,
  destroyResponse: 1,
  destroySocket: 1,
  takeBlocked: 1,
  take: 10,
  takeTwice: 1,
  takeAndAnswer: 1,
  takeWhileRead: 1,
  takeLate: 6,
  takeAfterBody: 3,
};

export function handle(request: IncomingMessage, response: ServerResponse): unknown {
  const { searchParams } = new URL(request.url ?? "", "http://localhost");
  const random = new Random(Number(searchParams.get("act")), Number(searchParams.get("connection")));
  const name = random.weighted(WEIGHTS);
  note(random.connection, `[${name}]`);
  // Node stops reading at a body that nothing reads, and notices the client's end only after that.
  if (response.socket === null) request.resume();
  return runFor(random.connection, request.socket, () => HANDLERS[name](request, response, random));
}

async function take(request: IncomingMessage, response: ServerResponse, random: Random): Promise<void> {
  let taken;
  const isEarly = !handled.has(request);
  try {
    taken = await hijack(request, response);
    count(isEarly ? "hijacked early" : "hijacked late");
  } catch (error) {
    if (!(error instanceof SocketInfoError)) throw error;
    count(`refused: ${error.code}`);
    if (random.chance(0.5) && !response.writableEnded) response.end(error.code);
    else response.destroy();
    return;
  }
  await own(taken, random);
}

function tick(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

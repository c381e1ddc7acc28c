// What handlers do, early and late. A number in the client's request decides which of it.
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep, setImmediate as immediate } from "node:timers/promises";
import { SocketInfoError } from "sockinfo";
import { hijack } from "sockinfo/hijack";
import type { Weights } from "../helpers/random.ts";
import { runFor } from "./findings.mts";
import { own } from "./owners.mts";
import { Choices } from "./life.mts";
import { note } from "./story.mts";
import { count } from "./tally.mts";

/** The requests whose handler calls hijack() late. */
const handled = new WeakSet<IncomingMessage>();

type Handler = (request: IncomingMessage, response: ServerResponse, random: Choices) => unknown;

const HANDLERS = {
  answer: (_request, response) => void response.end("ok"),
  async answerLater(_request, response, random) {
    await sleep(random.below(10));
    response.end("ok");
  },
  answerMuch(_request, response, random) {
    // While much waits for its turn, Node stops reading, and does not notice the client's end.
    const isItsTurn = response.socket !== null;
    response.end(Buffer.alloc(isItsTurn ? random.below(300_000) : 2, "much"));
  },
  readAndAnswer: (request, response) => void request.on("end", () => response.end("read")).resume(),
  // Like long polling, whose handler waits until 'close' shows that the client has gone.
  wait: (request) => void request.resume(),
  destroyResponse: (_request, response) => void response.destroy(),
  destroySocket: ({ socket }) => void socket.destroy(),
  // Blocks, so that the effects of what the client does meanwhile are there when the connection is taken.
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
    // Without a callback, the process warns.
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
  const random = new Choices(Number(searchParams.get("act")), Number(searchParams.get("connection")));
  const name = random.weighted(WEIGHTS);
  note(random.connection, `[${name}]`);
  // At a body that is not read, Node stops reading, and does not notice the client's end.
  if (response.socket === null) request.resume();
  return runFor(random.connection, request.socket, () => HANDLERS[name](request, response, random));
}

async function take(request: IncomingMessage, response: ServerResponse, random: Choices): Promise<void> {
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

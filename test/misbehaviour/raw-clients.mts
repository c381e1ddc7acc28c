// Clients that misbehave on a connection of their own, byte by byte.
import { once } from "node:events";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep, setImmediate as immediate } from "node:timers/promises";
import tls from "node:tls";
import { makePair } from "../helpers/duplex-pair.ts";
import type { Weights } from "../helpers/random.ts";
import { actUntilClosed, type Choices } from "./life.mts";
import { makeBytes } from "./requests.mts";
import { reset } from "./reset.mts";
import { note } from "./story.mts";
import { isTls, type Misused } from "./servers.mts";

export interface Client {
  /** HTTP is spoken on it: `wire`, or TLS over `wire`. */
  readonly stream: Duplex;
  readonly wire: Duplex;
}

type Step = (client: Client, random: Choices) => unknown;

const STEPS = {
  send: ({ stream }, random) => void stream.write(makeBytes(random), "latin1"),
  async sendInTwo({ stream }, random) {
    const text = makeBytes(random);
    const at = random.below(text.length + 1);
    stream.write(text.slice(0, at), "latin1");
    await sleep(random.below(5));
    stream.write(text.slice(at), "latin1");
  },
  sendMuch: ({ stream }, random) => void stream.write(Buffer.alloc(random.below(500_000), "x")),
  answer: ({ stream }) => Promise.race([once(stream, "data").catch(() => {}), sleep(30)]),
  pause: (_client, random) => sleep(random.below(8)),
  turn: () => immediate(),
  notRead({ stream }, random) {
    stream.pause();
    setTimeout(() => stream.resume(), random.below(50));
  },
} satisfies Record<string, Step>;

const STEP_WEIGHTS: Weights<keyof typeof STEPS> = {
  send: 6,
  sendInTwo: 2,
  sendMuch: 0.5,
  answer: 5,
  pause: 2,
  turn: 1,
  notRead: 0.5,
};

const ENDINGS = {
  end: ({ stream }) => void stream.end(),
  endWithBytes: ({ stream }, random) => void stream.end(makeBytes(random), "latin1"),
  destroy: ({ stream }) => void stream.destroy(),
  destroyWire: ({ wire }) => void wire.destroy(),
  reset: ({ stream, wire }) => reset(wire, stream),
  sendAndReset({ stream, wire }, random) {
    stream.write(makeBytes(random), "latin1");
    reset(wire, stream);
  },
  async sendAndResetSoon({ stream, wire }, random) {
    stream.write(makeBytes(random), "latin1");
    await immediate();
    reset(wire, stream);
  },
  stall() {},
} satisfies Record<string, Step>;

const ENDING_WEIGHTS: Weights<keyof typeof ENDINGS> = {
  end: 4,
  endWithBytes: 2,
  destroy: 2,
  destroyWire: 1,
  reset: 3,
  sendAndReset: 3,
  sendAndResetSoon: 2,
  stall: 1,
};

/** Connects, takes some steps, and ends. Returns when this side has closed. */
export async function misbehave(misused: Misused, random: Choices): Promise<void> {
  const wire = dial(misused);
  await actUntilClosed(wire, () => act(misused, wire, random));
}

async function act(misused: Misused, wire: Duplex, random: Choices): Promise<void> {
  const stream = isTls(misused.kind) ? await secure(wire as Socket, random) : wire;
  if (!stream) return;
  const client = { stream: stream.resume(), wire };
  (stream as { allowHalfOpen?: boolean }).allowHalfOpen = random.chance(0.3);
  for (let steps = 1 + random.below(5); steps > 0 && !stream.destroyed; steps--) {
    const step = random.weighted(STEP_WEIGHTS);
    note(random.connection, step);
    await STEPS[step](client, random);
  }
  const ending = random.weighted(ENDING_WEIGHTS);
  note(random.connection, ending);
  await ENDINGS[ending](client, random);
}

function dial(misused: Misused): Duplex {
  if (misused.kind !== "injected") return misused.connect();
  const [near, far] = makePair();
  misused.server.emit("connection", near);
  return far.on("error", () => {});
}

/** Some do not complete the handshake, or do not begin it. */
async function secure(wire: Socket, random: Choices): Promise<Duplex | undefined> {
  if (random.chance(0.05)) {
    wire.end(random.bytes(random.below(300)));
    return undefined;
  }
  const stream = tls.connect({ socket: wire, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
  stream.on("error", () => {});
  if (random.chance(0.03)) setImmediate(reset, wire);
  return new Promise((resolve) => {
    stream.once("secureConnect", () => resolve(stream));
    wire.once("close", () => resolve(undefined));
  });
}

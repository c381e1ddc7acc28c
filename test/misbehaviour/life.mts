// One misbehaving connection: its random choices, and its client's part up to the end.
import { setTimeout as sleep, setImmediate as immediate } from "node:timers/promises";
import type { Duplex } from "node:stream";
import { Random } from "../helpers/random.ts";

/** The choices of one connection. All follow from the seed and the connection's number. */
export class Choices extends Random {
  /** The number of the connection. */
  readonly connection: number;

  constructor(seed: number, connection: number) {
    super(seed);
    this.connection = connection;
  }
}

/** By then a server has closed every connection that it closes by itself. */
const CLIENT_LIMIT = 400;
const TICK_MS = 10;

/** A time limit that grows while the event loop is late, so that a busy machine does not end everything too early. */
export function setLimit(onOver: () => void, ms: number): () => void {
  let ticks = ms / TICK_MS;
  const timer = setInterval(() => {
    if (--ticks > 0) return;
    clearInterval(timer);
    onOver();
  }, TICK_MS);
  return () => clearInterval(timer);
}

/** Lets the client act, and returns when its side has closed. After a time limit it is destroyed. */
export async function actUntilClosed(wire: Duplex, act: (closed: Promise<unknown>) => unknown): Promise<void> {
  const closed = new Promise((resolve) => wire.once("close", resolve));
  const removeLimit = setLimit(() => wire.destroy(), CLIENT_LIMIT);
  await act(closed);
  await closed;
  removeLimit();
}

/** Adds a listener at once, later, or never. An error must not end the process in any case. */
export async function listenForErrors(socket: Duplex, random: Random): Promise<void> {
  const when = random.below(4);
  if (when === 1) await immediate();
  if (when === 2) await sleep(3);
  if (when < 3) socket.on("error", () => {});
}

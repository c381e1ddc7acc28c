// What owners do with a connection that they have hijacked: all that the documentation says, or only a part of it.
import type { Duplex } from "node:stream";
import { setTimeout as sleep, setImmediate as immediate } from "node:timers/promises";
import { SocketInfoError } from "sockinfo";
import { type Hijacked, release } from "sockinfo/hijack";
import type { Weights } from "../helpers/random.ts";
import { type Choices, listenForErrors, setLimit } from "./life.mts";
import { reset } from "./reset.mts";
import { note } from "./story.mts";
import { count } from "./tally.mts";

/** Owners have a time limit, as the documentation says. */
const OWNER_LIMIT = 150;

/** `unlimit` removes the time limit. */
type Owner = (taken: Hijacked, random: Choices, unlimit: () => void) => unknown;

const OWNERS = {
  echo({ socket, head }) {
    socket.unshift(head);
    socket.pipe(socket);
  },
  readAndEnd({ socket }) {
    socket.on("end", () => socket.end("bye")).resume();
  },
  writeMuch({ socket }, random) {
    socket.write(Buffer.alloc(random.below(300_000), "much"));
    socket.destroySoon?.();
  },
  end: ({ socket }) => void socket.end("bye"),
  destroy: ({ socket }) => void socket.destroy(),
  destroyWithError: ({ socket }) => void socket.destroy(new Error("the owner's")),
  reset: ({ socket }) => reset(socket),
  ignore() {},
  async iterate({ socket }) {
    try {
      for await (const data of socket) socket.write(data as Buffer);
    } catch {
      // The client has gone, or the time limit came.
    }
  },
  async writeLater({ socket }) {
    for (let turn = 0; turn < 5; turn++) {
      await sleep(2);
      socket.write("later");
    }
    socket.end();
  },
  async release({ socket, head }, random, unlimit) {
    const when = random.below(4);
    if (when === 1) await immediate();
    if (when === 2) await sleep(5);
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    try {
      release(socket, head, random.chance(0.2) ? { ownerReadBody: true } : undefined);
      count("released");
      unlimit();
    } catch (error) {
      if (!(error instanceof SocketInfoError)) throw error;
      count(`release refused: ${error.code}`);
      socket.destroy();
    }
  },
} satisfies Record<string, Owner>;

const WEIGHTS: Weights<keyof typeof OWNERS> = {
  echo: 4,
  readAndEnd: 3,
  writeMuch: 2,
  end: 1,
  destroy: 1,
  destroyWithError: 1,
  reset: 1,
  ignore: 1,
  iterate: 1,
  writeLater: 2,
  release: 8,
};

export async function own(taken: Hijacked, random: Choices): Promise<void> {
  const { socket } = taken;
  const name = random.weighted(WEIGHTS);
  note(random.connection, `[owner: ${name}]`);
  const unlimit = limit(socket);
  if (name !== "release") void listenForErrors(socket, random);
  if (name !== "release" && random.chance(0.3)) socket.write("HTTP/1.1 200 OK\r\n\r\n");
  await OWNERS[name](taken, random, unlimit);
}

/** The owner of a connection that Node has given to 'upgrade' or 'connect'. */
export function ownUpgraded(_request: unknown, socket: Duplex, head: Buffer): void {
  count("upgraded by Node");
  limit(socket);
  socket.on("error", () => {}).unshift(head);
  socket.pipe(socket);
}

/** An injected stream has no setTimeout(). */
function limit(socket: Duplex): () => void {
  const removeLimit = setLimit(() => socket.destroy(), OWNER_LIMIT);
  const unlimit = (): void => {
    removeLimit();
    socket.off("close", unlimit);
  };
  socket.on("close", unlimit);
  return unlimit;
}

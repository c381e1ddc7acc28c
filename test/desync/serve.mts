// Runs one case on one server, and records what client and server see.
import type { Server } from "node:http";
import type { Message } from "./bytes.mts";
import { exchangesOf, type View, viewOf } from "./exchange.mts";
import { type Link, openLink, turns } from "./link.mts";
import type { Plan } from "./plans.mts";
import { serverFor } from "./servers.mts";

/** The state of a case at one moment. Two servers that behave alike have equal ones. */
export interface Moment {
  readonly exchanges: readonly View[];
  readonly received: string;
  readonly endedBy: string;
  readonly isServerOpen: boolean;
}

export interface Outcome {
  /** After all is sent; after the client has left, as the plan says or by FIN; after a reset. */
  readonly moments: readonly Moment[];
  readonly sentBytes: number;
  /** The answers that a client on another connection of the process gets. */
  readonly witness: string;
}

/** Enough turns for what the servers do after the last byte, and for TCP to deliver it. */
const SETTLE_TURNS = { memory: 10, tcp: 16 };
const WITNESS = "GET /do-answer HTTP/1.1\r\nHost: a\r\n\r\n";

export async function run(kind: "plain" | "enabled", { bytes, setup }: Message, plan: Plan): Promise<Outcome> {
  const server = serverFor(kind, setup);
  const link = await openLink(server, plan.transport);
  const moments: Moment[] = [];
  const settle = async () => {
    await turns(SETTLE_TURNS[plan.transport]);
    moments.push(momentOf(link));
  };
  await send(link, bytes.subarray(0, plan.sentBytes), plan);
  await settle();
  if (plan.end === "reset") link.reset(Buffer.alloc(0));
  else if (!link.client.writableEnded && !link.client.destroyed) link.client.end();
  await settle();
  link.reset(Buffer.alloc(0));
  await settle();
  link.client.destroy();
  link.socket.destroy();
  const witness = moments.at(-1)?.exchanges.some(({ asked }) => asked) ? await askWitness(server) : "";
  return { moments, sentBytes: link.sentBytes, witness };
}

async function send(link: Link, bytes: Buffer, { cuts, end, turnsBetween }: Plan): Promise<void> {
  const ends = [...cuts, bytes.length];
  for (const [index, to] of ends.entries()) {
    const segment = bytes.subarray(ends[index - 1] ?? 0, to);
    // After the server's end, a client sends nothing more.
    if (!link.client.writable) return;
    link.sentBytes = to;
    const isLast = to === bytes.length;
    if (isLast && end === "reset-at-once") return link.reset(segment);
    link.client.write(segment);
    if (isLast && end === "fin-at-once") link.client.end();
    if (!isLast && turnsBetween > 0) await turns(turnsBetween);
  }
}

async function askWitness(server: Server): Promise<string> {
  const link = await openLink(server, "memory");
  for (let count = 0; count < 2; count++) {
    await turns(1);
    link.client.write(WITNESS);
  }
  await turns(3);
  link.client.destroy();
  link.socket.destroy();
  return link.received;
}

function momentOf({ socket, received, endedBy }: Link): Moment {
  return {
    exchanges: (exchangesOf.get(socket) ?? []).map(viewOf),
    received: received.replaceAll(/Date: .*?\r\n/g, ""),
    endedBy,
    isServerOpen: !socket.closed,
  };
}

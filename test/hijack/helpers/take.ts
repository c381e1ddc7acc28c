// One connection that a handler takes, or tries to, and what came of it, to compare with what the client has sent.
import type { IncomingMessage, ServerOptions, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { hijack } from "sockinfo/hijack";
import { until } from "../../helpers/servers";
import { connectTo, Received, serve, type Kind } from "./kinds";

/** When a handler hijacks: before it goes on to something asynchronous, or after that. */
export type Mode = "early" | "late";
export const MODES: readonly Mode[] = ["early", "late"];

/** Time that passes, in a handler or between two segments. */
export const pauses = {
  none: async (): Promise<void> => {},
  microtask: () => Promise.resolve(),
  tick: () => new Promise<void>((resolve) => process.nextTick(resolve)),
  immediate: () => new Promise<void>((resolve) => setImmediate(resolve)),
  twoImmediates: async (): Promise<void> => {
    await pauses.immediate();
    await pauses.immediate();
  },
} as const;
export type Pause = keyof typeof pauses;

export interface Plan {
  readonly mode: Mode;
  readonly kind?: Kind;
  /** Before a late call. */
  readonly pause?: Pause;
  /** Between the segments. */
  readonly gap?: Pause;
  /** What the handler reads of its request before a late call. */
  readonly read?: (request: IncomingMessage) => Promise<Buffer>;
  readonly options?: ServerOptions;
  /** Requests on the same connection, each sent when the one before was answered. */
  readonly earlier?: readonly string[];
  /** Sent after the connection was taken, with an end of the client's half behind it. */
  readonly last?: string;
}

export interface Outcome {
  /** Why it was refused. */
  readonly code: string | undefined;
  readonly head: Buffer;
  /** What the socket gave until the end of the client's half. */
  readonly rest: Buffer;
  /** By `plan.read`. */
  readonly body: Buffer;
  /** By the client. */
  readonly answer: string;
}

export const LAST = "<last>";

/** Requests for it are the ones that are taken. */
export const GET_TAKE = "GET /take HTTP/1.1\r\nHost: a\r\n\r\n";

/** `segments` go over one new connection. */
export async function take(plan: Plan, segments: readonly (Buffer | string)[]): Promise<Outcome> {
  const { kind = "duplex", gap = "none", last = LAST } = plan;
  let onAsked: (asked: Promise<Asked>) => void = () => {};
  const asking = new Promise<Asked>((resolve) => (onAsked = resolve));
  const server = await serve(
    kind,
    (request, response) => {
      if (request.url === "/take") onAsked(ask(plan, request, response));
      else response.end("ok");
    },
    plan.options,
  );
  const client = await connectTo(server, kind);
  const received = new Received(client);
  for (const [index, request] of (plan.earlier ?? []).entries()) {
    client.write(request);
    await until(() => received.text.split("\r\n\r\nok").length === index + 2);
  }
  for (const segment of segments) {
    client.write(segment);
    if (gap !== "none") await pauses[gap]();
  }
  const asked = await asking;
  if (asked.code === undefined) client.write(last);
  client.end();
  const rest = await asked.rest;
  await received.over;
  return { ...asked, rest, answer: received.text };
}

interface Asked {
  readonly code: string | undefined;
  readonly head: Buffer;
  readonly rest: Promise<Buffer>;
  readonly body: Buffer;
}

const NOTHING = Buffer.alloc(0);

async function ask(plan: Plan, request: IncomingMessage, response: ServerResponse): Promise<Asked> {
  let body: Buffer = NOTHING;
  if (plan.mode !== "early") {
    // A body that breaks off.
    request.on("error", () => {});
    if (plan.read) body = await plan.read(request);
    await pauses[plan.pause ?? "immediate"]();
  }
  try {
    const { socket, head } = await hijack(request, response);
    return { code: undefined, head, rest: readToEnd(socket), body };
  } catch (error) {
    const { code } = error as { code: string };
    if (!response.destroyed) response.end("refused");
    return { code, head: NOTHING, rest: Promise.resolve(NOTHING), body };
  }
}

/** And ends the other half, then. */
function readToEnd(socket: Socket): Promise<Buffer> {
  const pieces: Buffer[] = [];
  return new Promise((resolve) => {
    socket
      .on("error", () => {})
      .on("data", (piece: Buffer) => pieces.push(piece))
      .once("end", () => socket.end("bye"))
      .once("close", () => resolve(Buffer.concat(pieces)));
  });
}

/** All bytes that the owner received. */
export function cameBehind({ head, rest }: Outcome): string {
  return Buffer.concat([head, rest]).toString("latin1");
}

/** In two, at each position; in one; and in bytes. */
export function allSplits(bytes: Buffer): Buffer[][] {
  const inTwo = Array.from({ length: bytes.length - 1 }, (_, index) => {
    return [bytes.subarray(0, index + 1), bytes.subarray(index + 1)];
  });
  return [[bytes], ...inTwo, byteByByte(bytes)];
}

/** Cut before each of the positions, which are in order. */
export function cutAt(bytes: Buffer, positions: readonly number[]): Buffer[] {
  return [0, ...positions].map((start, index) => bytes.subarray(start, positions[index]));
}

export function byteByByte(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));
}

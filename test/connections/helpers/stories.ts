// What a tracker told of one connection, from "new" to "closed", and its comparison with what the client counted.
import { once } from "node:events";
import type { RequestListener, Server, ServerOptions } from "node:http";
import type { Socket } from "node:net";
import type { TcpInfo, TcpState } from "sockinfo";
import type { CloseReason, Connection, ConnectionTracker } from "sockinfo/connections";
import { expect } from "vitest";
import { until } from "../../helpers/servers";
import { connect, type Client } from "../../helpers/http-clients";
import { isTls, type Kind } from "../../helpers/http-servers";
import { serve } from "./servers";

/** An age of two whole milliseconds is wrong by less than one; another for the wall clock, which may be set a little meanwhile. */
const CLOCKS_DIFFER_MS = 2;

/** What is expected of a connection that has ended. */
export interface Ending {
  /** All of them, in order: "new active closed". */
  readonly states: string;
  readonly reason: CloseReason;
  /** `code` of `closeError`; without it there must be no error. */
  readonly code?: string | RegExp;
  /** Of TCP in the last moment: one of these, as the kernel may be faster than Node. */
  readonly tcp: readonly TcpState[];
  readonly served?: number;
  readonly inFlight?: number;
  /** False when the client went without reading all that was sent. */
  readonly isAllRead?: boolean;
}

export class Story {
  /** The client's end, which has counted the bytes. */
  wire: Socket | undefined;
  readonly #beforeMs = performance.now();
  readonly #closed: Promise<unknown[]>;
  readonly #moves: unknown[] = [];
  readonly #names: string[] = [];
  readonly #ends: { connection: Connection; state: string; sentByClient: number; size: number }[] = [];

  constructor(tracker: ConnectionTracker<unknown>) {
    tracker.on("state", (_, from, to) => this.#moves.push([from, to]));
    for (const name of ["new", "active", "idle", "hijacked"] as const) {
      tracker.on(name, (connection) => {
        this.#names.push(name);
        expect.soft(connection.state).toBe(name);
        expect.soft(connection).toMatchObject({ finalTcpInfo: undefined, closeReason: undefined });
      });
    }
    // Clients are in this process: nothing that they count goes on between the last look at the socket and this event.
    tracker.on("closed", (connection) => {
      const { state } = connection;
      this.#ends.push({ connection, state, sentByClient: this.wire?.bytesWritten ?? 0, size: tracker.size });
    });
    this.#closed = once(tracker, "closed");
  }

  get states(): string {
    return this.#moves.map((move) => (move as string[])[1]).join(" ");
  }

  /** Waits for "closed", and for the end of the client's side. */
  async expect(ending: Ending): Promise<Connection> {
    const [connection] = (await this.#closed) as [Connection];
    await until(() => this.wire?.closed !== false);
    this.#expectEvents(ending);
    expect({
      reason: connection.closeReason,
      requests: connection.requests,
    }).toEqual({
      reason: ending.reason,
      requests: { served: ending.served ?? 0, inFlight: ending.inFlight ?? 0 },
    });
    const { code } = (connection.closeError ?? {}) as NodeJS.ErrnoException;
    if (ending.code instanceof RegExp) expect(code).toMatch(ending.code);
    else expect(code ?? connection.closeError).toBe(ending.code);
    this.#expectDuration(connection);
    this.#expectLastWord(connection, ending);
    return connection;
  }

  #expectEvents({ states }: Ending): void {
    const expected = states.split(" ");
    expect(this.#moves).toEqual(expected.map((to, index) => [expected[index - 1], to]));
    expect(this.#names).toEqual(expected.filter((name) => name !== "closed"));
    // One "closed", with the state in which it stays, and by then the tracker has let go of the connection.
    expect(this.#ends).toMatchObject([{ state: expected.at(-1), size: 0 }]);
  }

  #expectDuration(connection: Connection): void {
    const { durationMs, openedAt } = connection;
    // In this order, so that an age by the wall clock lies within the times by the other, however long this process must wait.
    const ageMs = Date.now() - openedAt.getTime();
    const nowMs = performance.now();
    expect(durationMs).toBeGreaterThan(0);
    expect(durationMs).toBeLessThan(nowMs - this.#beforeMs);
    expect(ageMs).toBeGreaterThan(durationMs - CLOCKS_DIFFER_MS);
    expect(ageMs).toBeLessThan(nowMs - this.#beforeMs + CLOCKS_DIFFER_MS);
    expect(connection.durationMs).toBe(durationMs);
  }

  #expectLastWord({ finalTcpInfo, local }: Connection, { tcp, reason, isAllRead = true }: Ending): void {
    if (local?.family !== "IPv4") return expect(finalTcpInfo).toBeUndefined();
    const { state, bytesReceived, bytesSent, retransmittedBytes } = finalTcpInfo as TcpInfo;
    expect(tcp).toContain(state);
    if (process.platform !== "linux") return;
    // Linux counts a FIN as a byte that was received.
    const isFinReceived = state !== "ESTABLISHED" && !state?.startsWith("FIN_WAIT") && reason !== "client-reset";
    expect(bytesReceived).toBe((this.#ends[0]?.sentByClient ?? 0) + Number(isFinReceived));
    const arrived = (bytesSent ?? 0) - (retransmittedBytes ?? 0);
    if (isAllRead) expect(this.wire?.bytesRead).toBe(arrived);
    else expect(this.wire?.bytesRead).toBeLessThanOrEqual(arrived);
  }
}

/** A server, its tracker, and one connection to it. */
export interface Scene {
  readonly server: Server;
  readonly tracker: ConnectionTracker<undefined>;
  readonly story: Story;
  readonly client: Client;
  readonly connection: Connection;
}

/** The first connection of a new server; with HTTP/2 and TLS its handshakes are done. */
export async function begin(
  kind: Kind,
  handler?: RequestListener,
  options?: ServerOptions,
  prepare?: (server: Server) => void,
): Promise<Scene> {
  const { server, tracker } = await serve(kind, handler, options);
  prepare?.(server);
  const story = new Story(tracker);
  const accepted = once(tracker, "new");
  const secured = isTls(kind) && once(server, "secureConnection");
  const client = await connect(server, kind);
  story.wire = client.wire;
  const [connection] = (await accepted) as [Connection];
  await secured;
  // TLS 1.3 writes its session tickets after that. If this write meets a reset, Node swallows it and reports an end.
  await new Promise(setImmediate);
  return { server, tracker, story, client, connection };
}

/** A request that the server does not answer is under way. */
export async function beginInFlight(...parameters: Parameters<typeof begin>): Promise<Scene> {
  const scene = await begin(...parameters);
  const active = once(scene.tracker, "active");
  scene.client.send("/hang");
  await active;
  await scene.client.flush();
  return scene;
}

/** One request has been answered, and the connection is kept alive. */
export async function beginIdle(...parameters: Parameters<typeof begin>): Promise<Scene> {
  const scene = await begin(...parameters);
  const idle = once(scene.tracker, "idle");
  await scene.client.get();
  await idle;
  return scene;
}

// Records the events of one connection from "new" to "closed", and compares them with the client's byte counts.
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

/** The clocks have whole milliseconds, and the wall clock may be adjusted a little meanwhile. */
const CLOCKS_DIFFER_MS = 2;

/** The expected end of a connection. */
export interface Ending {
  /** All states in order: "new active closed". */
  readonly states: string;
  readonly reason: CloseReason;
  /** The code of `closeError`. Without it there must be no error. */
  readonly code?: string | RegExp;
  /** The final state of TCP is one of these, because the kernel may be faster than Node. */
  readonly tcp: readonly TcpState[];
  readonly served?: number;
  readonly inFlight?: number;
  /** False if the client left without reading everything. */
  readonly isAllRead?: boolean;
}

export class Story {
  /** The client's socket, which has counted the bytes. */
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
    // The client is in this process. So its counts do not change between the final TCP_INFO and this event.
    tracker.on("closed", (connection) => {
      const { state } = connection;
      this.#ends.push({ connection, state, sentByClient: this.wire?.bytesWritten ?? 0, size: tracker.size });
    });
    this.#closed = once(tracker, "closed");
  }

  get states(): string {
    return this.#moves.map((move) => (move as string[])[1]).join(" ");
  }

  /** Waits for "closed" and for the end of the client's socket, and checks everything. */
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
    this.#expectFinalTcpInfo(connection, ending);
    return connection;
  }

  #expectEvents({ states }: Ending): void {
    const expected = states.split(" ");
    expect(this.#moves).toEqual(expected.map((to, index) => [expected[index - 1], to]));
    expect(this.#names).toEqual(expected.filter((name) => name !== "closed"));
    // One "closed", with the last state. By then the connection is not among the tracker's.
    expect(this.#ends).toMatchObject([{ state: expected.at(-1), size: 0 }]);
  }

  #expectDuration(connection: Connection): void {
    const { durationMs, openedAt } = connection;
    // In this order, so that the age by the wall clock lies within the times of the other clock even on a busy
    // machine.
    const ageMs = Date.now() - openedAt.getTime();
    const nowMs = performance.now();
    expect(durationMs).toBeGreaterThan(0);
    expect(durationMs).toBeLessThan(nowMs - this.#beforeMs);
    expect(ageMs).toBeGreaterThan(durationMs - CLOCKS_DIFFER_MS);
    expect(ageMs).toBeLessThan(nowMs - this.#beforeMs + CLOCKS_DIFFER_MS);
    expect(connection.durationMs).toBe(durationMs);
  }

  #expectFinalTcpInfo({ finalTcpInfo, local }: Connection, { tcp, reason, isAllRead = true }: Ending): void {
    if (local?.family !== "IPv4") return expect(finalTcpInfo).toBeUndefined();
    const { state, bytesReceived, bytesSent, retransmittedBytes } = finalTcpInfo as TcpInfo;
    expect(tcp).toContain(state);
    if (process.platform !== "linux") return;
    // Linux counts a FIN as a received byte.
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

/** The first connection of a new server, after the handshakes of TLS and HTTP/2. */
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
  // TLS 1.3 writes its session tickets now. If that write met a reset, Node would swallow the error and report an end.
  await new Promise(setImmediate);
  return { server, tracker, story, client, connection };
}

/** With a request in flight that the server does not answer. */
export async function beginInFlight(...parameters: Parameters<typeof begin>): Promise<Scene> {
  const scene = await begin(...parameters);
  const active = once(scene.tracker, "active");
  scene.client.send("/hang");
  await active;
  await scene.client.flush();
  return scene;
}

/** With one answered request, on a connection that is kept alive. */
export async function beginIdle(...parameters: Parameters<typeof begin>): Promise<Scene> {
  const scene = await begin(...parameters);
  const idle = once(scene.tracker, "idle");
  await scene.client.get();
  await idle;
  return scene;
}

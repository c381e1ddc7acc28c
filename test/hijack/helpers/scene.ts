// hijack() at a given moment of many requests at a time. Checks that the owner gets exactly what the client has sent,
// or that the call is refused and the request is answered. Other connections of the process must notice nothing.
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { SocketInfoError } from "sockinfo";
import { hijack } from "sockinfo/hijack";
import { expect, onTestFinished } from "vitest";
import { type Moment, Upstream } from "./moments";
import { Neighbour } from "./neighbour";
import { type Pause, pauses } from "./pauses";
import { connectTo, type Kind, serve } from "./servers";

/** What one client sends, and what the handler does before the moment. */
export interface Attempt {
  readonly name: string;
  /** The headers except Host, or a function that makes them for the path. */
  readonly headers?: string | ((path: string) => string);
  /** As it is on the wire. */
  readonly body?: string;
  /** Sent after the body, or in place of one. */
  readonly after?: string;
  /** Cuts what is sent into segments. `rest` is the body and what comes after it. */
  readonly cut?: (start: string, rest: string) => readonly string[];
  /** Between two segments. */
  readonly gap?: Pause;
  /** Requests on the same connection, each sent when the one before is answered. */
  readonly earlier?: readonly string[];
  /** Calls `then` when the handler has read as much of the request as it wants to. */
  readonly read?: (request: IncomingMessage, then: () => void) => void;
  readonly expected: "taken" | "refused" | "either";
  /** The owner gets the body. */
  readonly isEarly: boolean;
}

export interface SceneOptions {
  readonly server?: ServerOptions;
  /** Each owner also sends a request to another server, right after hijack(). */
  readonly asksUpstream?: boolean;
}

/** Line ends that the owner of a late hijack has missed; `undefined` if the connection was not taken. */
export type Missing = string | undefined;

const LAST = "<last>";
const AT_A_TIME = 50;
/** A limit for attempts that hang. Each takes milliseconds. */
const HANG_MS = 20_000;

export class Scene {
  readonly #kind: Kind;
  readonly #moment: Moment;
  readonly #upstream: Upstream | undefined;
  readonly #attempts = new Map<string, { attempt: Attempt; onSettled: (outcome: Outcome) => void }>();
  readonly #uncaught: Error[] = [];
  readonly #unexpected: string[] = [];
  #server: Server | undefined;
  #requests = 0;

  private constructor(kind: Kind, moment: Moment, upstream: Upstream | undefined) {
    this.#kind = kind;
    this.#moment = moment;
    this.#upstream = upstream;
  }

  static async start(kind: Kind, moment: Moment, options: SceneOptions = {}): Promise<Scene> {
    const scene = new Scene(kind, moment, options.asksUpstream === true ? await Upstream.start() : undefined);
    const onUncaught = (error: Error): void => void scene.#uncaught.push(error);
    process.on("uncaughtExceptionMonitor", onUncaught);
    onTestFinished(() => void process.off("uncaughtExceptionMonitor", onUncaught));
    scene.#server = await serve(kind, (request, response) => scene.#handle(request, response), options.server);
    return scene;
  }

  /** Makes all attempts, some at the same time. */
  async run(attempts: readonly Attempt[]): Promise<Missing[]> {
    const neighbour = new Neighbour(await this.#connect());
    const visits = neighbour.visit();
    // Otherwise a failed attempt would leave a rejection behind.
    visits.catch(() => {});
    const all: Missing[] = [];
    for (let start = 0; start < attempts.length; start += AT_A_TIME) {
      const some = attempts.slice(start, start + AT_A_TIME);
      all.push(...(await Promise.all(some.map((attempt) => inTime(attempt.name, this.#try(attempt))))));
    }
    neighbour.isDone = true;
    await visits;
    expect(this.#unexpected).toEqual([]);
    expect(this.#uncaught).toEqual([]);
    return all;
  }

  #connect(): Promise<Duplex> {
    return connectTo(this.#server as Server, this.#kind);
  }

  async #try(attempt: Attempt): Promise<Missing> {
    const { name, headers = "", body = "", after = "", cut = whole, gap = "immediate", earlier = [] } = attempt;
    const path = `/take/${++this.#requests}`;
    const client = await this.#connect();
    const answer = new Answer(client);
    for (const request of earlier) await answer.to(request);
    const settled = new Promise<Outcome>((onSettled) => this.#attempts.set(path, { attempt, onSettled }));
    const fields = typeof headers === "string" ? headers : headers(path);
    const start = `${body === "" ? "GET" : "POST"} ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
    const segments = cut(start, body + after).filter((segment) => segment !== "");
    for (const segment of segments) {
      client.write(segment, "latin1");
      if (segments.length > 1) await pauses[gap]();
    }
    const outcome = await settled;
    if (outcome === NEVER_ASKED) {
      // Node has closed the connection before the handler got to its moment.
      expect([name, isHttp(after)]).toEqual([name, false]);
      return undefined;
    }
    if (outcome.refusal !== undefined) {
      await this.#checkRefused(attempt, outcome.refusal, client, answer);
      return undefined;
    }
    // In memory, each segment comes as it was written.
    if (attempt.isEarly && this.#kind === "duplex" && gap === "immediate") {
      expect([name, outcome.head]).toEqual([name, sentWithEnd(segments, start.length)]);
    }
    return this.#checkTaken(attempt, outcome, client, answer);
  }

  async #checkTaken(attempt: Attempt, outcome: Outcome, client: Duplex, answer: Answer): Promise<string> {
    const { name, body = "", after = "", isEarly, expected, headers = "" } = attempt;
    expect([name, expected]).not.toEqual([name, "refused"]);
    client.end(LAST);
    const got = outcome.head + (await outcome.rest);
    const sent = (isEarly ? body : "") + after + LAST;
    const missing = sent.slice(0, sent.length - got.length);
    expect([name, missing + got]).toEqual([name, sent]);
    // Node's parser skips line ends before the next request.
    expect([name, missing]).toEqual([name, isEarly ? "" : expect.stringMatching(/^[\r\n]*$/)]);
    await answer.over;
    const isAskedToContinue = typeof headers === "string" && headers.includes("100-continue");
    expect([name, answer.text]).toEqual([name, `${isAskedToContinue ? "HTTP/1.1 100 Continue\r\n\r\n" : ""}bye`]);
    await outcome.upstreamChecked;
    return missing;
  }

  async #checkRefused({ name, expected }: Attempt, refusal: unknown, client: Duplex, answer: Answer): Promise<void> {
    expect([name, refusal]).toEqual([name, expect.any(SocketInfoError)]);
    const { code } = refusal as SocketInfoError;
    expect([name, code]).toEqual([name, expect.stringMatching(/^ERR_SOCKINFO_(BYTES_PARSED|SOCKET_CLOSED)$/)]);
    expect([name, expected]).not.toEqual([name, "taken"]);
    await answer.refusedOrOver;
    if (code === "ERR_SOCKINFO_BYTES_PARSED") expect([name, answer.text]).toEqual([name, expect.stringMatching(ORDER)]);
    client.destroy();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const { url = "" } = request;
    if (url.startsWith("/plain/")) return void response.end(url);
    if (url === "/next" || url === "/earlier") return void response.end(url.slice(1));
    const { attempt, onSettled } = this.#attempts.get(url) ?? {};
    if (!attempt || !onSettled) return void this.#unexpected.push(url);
    let isReached = false;
    request
      .on("error", () => {})
      .once("close", () => {
        if (!isReached && !request.readableEnded) onSettled(NEVER_ASKED);
      });
    const act = (): void => void this.#take(request, response).then(onSettled, onSettled);
    const onRead = (): void => {
      isReached = true;
      this.#moment(act, this.#upstream as Upstream);
    };
    if (attempt.read) attempt.read(request, onRead);
    else onRead();
  }

  #take(request: IncomingMessage, response: ServerResponse): Promise<Outcome> {
    return hijack(request, response).then(
      ({ socket, head }) => {
        // This request gets the parser that Node has just put back, in case Node did so too early.
        const upstreamChecked = this.#upstream?.check() ?? Promise.resolve();
        const pieces: Buffer[] = [];
        const rest = new Promise<string>((resolve) => {
          socket
            .on("error", () => {})
            .on("data", (piece: Buffer) => pieces.push(piece))
            .on("end", () => socket.end("bye"))
            .on("close", () => resolve(Buffer.concat(pieces).toString("latin1")));
        });
        return { refusal: undefined, head: head.toString("latin1"), rest, upstreamChecked };
      },
      (refusal: unknown) => {
        if (!response.destroyed) response.end("refused");
        return { refusal, head: "", rest: Promise.resolve(""), upstreamChecked: Promise.resolve() };
      },
    );
  }
}

function whole(start: string, rest: string): string[] {
  return [start + rest];
}

/** Whether Node's parser accepts the bytes as a request, as the beginning of one, or as line ends before one. */
function isHttp(bytes: string): boolean {
  return /^[\r\n]*(GET |$)/.test(bytes);
}

/** The bytes after the headers that came in one segment with their end. */
function sentWithEnd(segments: readonly string[], headBytes: number): string {
  let sentBytes = 0;
  const last = segments.find(({ length }) => (sentBytes += length) >= headBytes) ?? "";
  return last.slice(last.length - (sentBytes - headBytes));
}

/** Names the attempt that hangs. */
async function inTime<T>(name: string, attempt: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = setTimeout(HANG_MS, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`no outcome: ${name}`);
  });
  try {
    return await Promise.race([attempt, late]);
  } finally {
    late.catch(() => {});
    timer.abort();
  }
}

/** The answer to the refused request comes before that to the next one. */
const ORDER = /^(HTTP\/1\.1 100 Continue\r\n\r\n)?HTTP\/1\.1 200 OK\r\n(?:(?!next)[^])*refused/;

interface Outcome {
  readonly refusal: unknown;
  readonly head: string;
  readonly rest: Promise<string>;
  readonly upstreamChecked: Promise<void>;
}

const NEVER_ASKED: Outcome = {
  refusal: "never asked",
  head: "",
  rest: Promise.resolve(""),
  upstreamChecked: Promise.resolve(),
};

/** What a client receives. */
class Answer {
  text = "";
  readonly over: Promise<void>;
  readonly refusedOrOver: Promise<void>;
  readonly #client: Duplex;
  #onEarlier: () => void = () => {};

  constructor(client: Duplex) {
    this.#client = client;
    this.over = new Promise((resolve) => client.on("end", resolve).on("close", resolve));
    this.refusedOrOver = new Promise((resolve) => {
      client.on("data", (data: Buffer) => {
        this.text += data.toString("latin1");
        if (this.text.includes("refused")) resolve();
        if (this.text.endsWith("\r\n\r\nearlier")) this.#onEarlier();
      });
      void this.over.then(resolve);
    });
  }

  /** Sends a request for /earlier, and drops its answer. */
  async to(request: string): Promise<void> {
    const answered = new Promise<void>((resolve) => (this.#onEarlier = resolve));
    this.#client.write(request);
    await answered;
    this.text = "";
  }
}

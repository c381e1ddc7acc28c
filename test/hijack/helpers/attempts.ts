// hijack() at a given moment of a given request, while other connections work, and whether the owner got what the client sent.
import type { IncomingMessage, ServerResponse, Server } from "node:http";
import type { Duplex } from "node:stream";
import { setImmediate, setTimeout } from "node:timers/promises";
import { SocketInfoError } from "sockinfo";
import { enableHijack, hijack } from "sockinfo/hijack";
import { expect, onTestFinished } from "vitest";
import { makeServer, open } from "../../helpers/http-servers";
import { connectTo, type Kind } from "./kinds";
import { type Moment, Upstream } from "./moments";
import { Neighbour } from "./neighbour";

/** What one client sends, and what the handler does before the moment. */
export interface Attempt {
  readonly name: string;
  /** Besides Host. */
  readonly headers: string;
  /** As it is on the wire. */
  readonly body: string;
  /** After the body. */
  readonly behind: string;
  /** Body and `behind`: with the headers, after them, or byte by byte. */
  readonly cut: "none" | "after the headers" | "everywhere";
  readonly read: (request: IncomingMessage, then: () => void) => void;
  /** Whether the connection has to be taken. Otherwise it may be refused. */
  readonly mustSucceed: boolean;
  /** Whether the owner gets the body. */
  readonly isEarly: boolean;
}

const LAST = "<last>";

export class Scene {
  readonly #kind: Kind;
  readonly #moment: Moment;
  readonly #server: Server;
  readonly #upstream: Upstream;
  readonly #attempts = new Map<string, { attempt: Attempt; onSettled: (outcome: Outcome) => void }>();
  readonly #uncaught: Error[] = [];
  readonly #unexpected: string[] = [];
  #requests = 0;
  #taken = 0;

  private constructor(kind: Kind, moment: Moment, upstream: Upstream) {
    this.#kind = kind;
    this.#moment = moment;
    this.#upstream = upstream;
    this.#server = makeServer(kind === "duplex" ? "http" : kind, (request, response) => {
      this.#handle(request, response);
    }) as Server;
    enableHijack(this.#server);
  }

  static async start(kind: Kind, moment: Moment): Promise<Scene> {
    const scene = new Scene(kind, moment, await Upstream.start());
    const onUncaught = (error: Error): void => void scene.#uncaught.push(error);
    process.on("uncaughtExceptionMonitor", onUncaught);
    onTestFinished(() => void process.off("uncaughtExceptionMonitor", onUncaught));
    if (kind !== "duplex") await open(scene.#server, kind);
    return scene;
  }

  /** All of them, some at the same time. Returns how many connections were taken. */
  async run(attempts: readonly Attempt[]): Promise<number> {
    const neighbour = new Neighbour(await connectTo(this.#server, this.#kind));
    const visits = neighbour.visit();
    for (let start = 0; start < attempts.length; start += 50) {
      await Promise.all(attempts.slice(start, start + 50).map((attempt) => inTime(attempt.name, this.#try(attempt))));
    }
    neighbour.isDone = true;
    await visits;
    expect(this.#unexpected).toEqual([]);
    expect(this.#uncaught).toEqual([]);
    return this.#taken;
  }

  async #try(attempt: Attempt): Promise<void> {
    const { headers, body, behind, cut } = attempt;
    const path = `/take/${++this.#requests}`;
    const client = await connectTo(this.#server, this.#kind);
    const answer = new Answer(client);
    const settled = new Promise<Outcome>((onSettled) => this.#attempts.set(path, { attempt, onSettled }));
    const start = `${body === "" ? "GET" : "POST"} ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;
    const rest = body + behind;
    const pieces = { none: [start + rest], "after the headers": [start, rest], everywhere: [start, ...rest.split("")] }[
      cut
    ];
    for (const piece of pieces) {
      if (piece === "") continue;
      client.write(piece);
      if (pieces.length > 1) await setImmediate();
    }
    const outcome = await settled;
    // What came behind was not HTTP: Node has closed the connection before the handler got to its moment.
    if (outcome === NEVER_ASKED) expect([attempt.name, attempt.behind]).toEqual([attempt.name, "foo"]);
    else if (outcome.refusal === undefined) await this.#checkTaken(attempt, outcome, client, answer);
    else await this.#checkRefused(attempt, outcome.refusal, client, answer);
  }

  async #checkTaken(attempt: Attempt, outcome: Outcome, client: Duplex, answer: Answer): Promise<void> {
    const { name, body, behind, isEarly, headers } = attempt;
    client.end(LAST);
    const got = outcome.head + (await outcome.rest);
    const sent = (isEarly ? body : "") + behind + LAST;
    const missing = sent.slice(0, sent.length - got.length);
    expect([name, missing + got]).toEqual([name, sent]);
    // Node's parser skips line ends before the next request.
    expect([name, missing]).toEqual([name, isEarly ? "" : expect.stringMatching(/^[\r\n]*$/)]);
    await answer.over;
    const isAskedToContinue = headers.includes("100-continue");
    expect([name, answer.text]).toEqual([name, `${isAskedToContinue ? "HTTP/1.1 100 Continue\r\n\r\n" : ""}bye`]);
    await outcome.upstreamChecked;
    this.#taken++;
  }

  async #checkRefused({ name, mustSucceed }: Attempt, refusal: unknown, client: Duplex, answer: Answer): Promise<void> {
    expect([name, refusal]).toEqual([name, expect.any(SocketInfoError)]);
    const { code } = refusal as SocketInfoError;
    expect([name, code]).toEqual([name, expect.stringMatching(/^ERR_SOCKINFO_(BYTES_PARSED|SOCKET_CLOSED)$/)]);
    expect([name, mustSucceed]).toEqual([name, false]);
    await answer.refusedOrOver;
    if (code === "ERR_SOCKINFO_BYTES_PARSED") expect([name, answer.text]).toEqual([name, expect.stringMatching(ORDER)]);
    client.destroy();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const { url = "" } = request;
    if (url.startsWith("/plain/")) return void response.end(url);
    if (url === "/next") return void response.end("next");
    const { attempt, onSettled } = this.#attempts.get(url) ?? {};
    if (!attempt || !onSettled) return void this.#unexpected.push(url);
    let isReached = false;
    request
      .on("error", () => {})
      .once("close", () => {
        if (!isReached) onSettled(NEVER_ASKED);
      });
    attempt.read(request, () => {
      isReached = true;
      this.#moment(() => this.#take(request, response).then(onSettled, onSettled), this.#upstream);
    });
  }

  #take(request: IncomingMessage, response: ServerResponse): Promise<Outcome> {
    return hijack(request, response).then(
      ({ socket, head }) => {
        // It gets the parser that Node has just put back, if it did so too early.
        const upstreamChecked = this.#upstream.check();
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

/** Says which attempt hangs. */
async function inTime(name: string, attempt: Promise<void>): Promise<void> {
  const timer = new AbortController();
  const late = setTimeout(5000, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`no outcome: ${name}`);
  });
  await Promise.race([attempt, late]);
  late.catch(() => {});
  timer.abort();
}

/** The answer to the refused request, and only then that to the next one. */
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

/** What a client gets. */
class Answer {
  text = "";
  readonly over: Promise<void>;
  readonly refusedOrOver: Promise<void>;

  constructor(client: Duplex) {
    this.over = new Promise((resolve) => client.on("end", resolve).on("close", resolve));
    this.refusedOrOver = new Promise((resolve) => {
      client.on("data", (data: Buffer) => {
        this.text += data.toString("latin1");
        if (this.text.includes("refused")) resolve();
      });
      void this.over.then(resolve);
    });
  }
}

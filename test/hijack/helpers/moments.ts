// The moments at which a handler may call something: at once, or from a callback of Node or of another library.
import { stat } from "node:fs";
import { Agent, createServer, get, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { listen, portOf } from "../../helpers/servers";

/** Another HTTP server, and a client with its own connections to it. */
export class Upstream {
  readonly #server: Server = createServer((request, response) => {
    this.#acts.get(request.url ?? "")?.();
    response.end(`answer to ${request.url}`);
  });
  readonly #agent = new Agent({ keepAlive: true });
  readonly #acts = new Map<string, () => void>();
  #requests = 0;

  static async start(): Promise<Upstream> {
    const upstream = new Upstream();
    onTestFinished(() => upstream.#agent.destroy());
    await listen(upstream.#server);
    return upstream;
  }

  /** Sends a request, and fails if the answer belongs to another one. */
  async check(): Promise<void> {
    const { path, answer } = this.#request();
    const body = await answer;
    if (body !== `answer to ${path}`) throw new Error(`upstream answers ${JSON.stringify(body)} to ${path}`);
  }

  /** Calls `act` while the parser of a client executes. */
  actInResponse(act: () => void): void {
    this.#request(act);
  }

  /** Calls `act` while the parser of another server executes. */
  actInHandler(act: () => void): void {
    this.#acts.set(this.#request().path, act);
  }

  #request(onResponse: () => void = () => {}): { path: string; answer: Promise<string> } {
    const path = `/${++this.#requests}`;
    const answer = new Promise<string>((resolve, reject) => {
      get({ port: portOf(this.#server), host: "127.0.0.1", path, agent: this.#agent }, (response) => {
        onResponse();
        text(response).then(resolve, reject);
      }).on("error", reject);
    });
    return { path, answer };
  }
}

export type Moment = (act: () => void, upstream: Upstream) => void;

export const MOMENTS: Record<string, Moment> = {
  "at once": (act) => act(),
  "after an await": async (act) => {
    await Promise.resolve();
    act();
  },
  "in a promise chain": (act) => void Promise.resolve().then(nothing).then(nothing).then(act),
  "in process.nextTick": (act) => process.nextTick(act),
  "in queueMicrotask": (act) => queueMicrotask(act),
  "in setImmediate": (act) => void setImmediate(act),
  "in a timer": (act) => void setTimeout(act, 1),
  "in a callback of fs": (act) => stat("/", () => act()),
  "in 'response' of another client": (act, upstream) => upstream.actInResponse(act),
  "in the handler of another server": (act, upstream) => upstream.actInHandler(act),
};

function nothing(): void {}

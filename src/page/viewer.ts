// One viewer: an open event stream. At most one frame waits for it.
import type { Authorize } from "./door";
import { type PageRequestSource, type PageResponse, writeHead } from "./http";
import type { PageQuestion } from "./protocol";

/** How often the authorization is asked again. An answer that takes as long counts as no. */
const AUTHORIZE_MS = 5000;
/** How long a viewer may leave a frame unread. */
const UNREAD_MS = 10_000;

export class Viewer {
  readonly question: PageQuestion;
  /** The number of the latest look that was sent. */
  lookSeen = 0;
  /** The number of the latest closed connection that was sent. */
  closedSeen = 0;
  readonly #request: PageRequestSource;
  readonly #response: PageResponse;
  readonly #authorize: Authorize;
  #authorizedMs = performance.now();
  #isAsking = false;
  /** Since when a frame waits to be read. */
  #unreadMs: number | undefined;

  constructor(question: PageQuestion, request: PageRequestSource, response: PageResponse, authorize: Authorize) {
    this.question = question;
    this.#request = request;
    this.#response = response;
    this.#authorize = authorize;
  }

  /** @param gone - Called once, when the stream has ended. */
  begin(gone: () => void): void {
    this.#response.once("close", gone);
    this.#response.on("error", () => {}); // The client reset the connection, and 'close' follows.
    this.#response.on("drain", () => (this.#unreadMs = undefined));
    writeHead(this.#response, 200, {
      "Content-Type": "text/event-stream; charset=utf-8",
      // nginx would collect the frames otherwise.
      "X-Accel-Buffering": "no",
    });
    this.send("retry: 2000\n\n");
  }

  /** False while it has not read the latest frame. */
  get isReady(): boolean {
    return this.#unreadMs === undefined && !isOver(this.#response);
  }

  send(text: string): void {
    // The types of the two kinds of response have no signature in common.
    if (!(this.#response as { write(chunk: string): boolean }).write(text)) this.#unreadMs ??= performance.now();
  }

  end(): void {
    // end() would wait until it has read the rest.
    if (this.#unreadMs === undefined) this.#response.end();
    else this.#response.destroy();
  }

  /** Called about once a second. */
  check(): void {
    const nowMs = performance.now();
    if (this.#unreadMs !== undefined && nowMs - this.#unreadMs > UNREAD_MS) this.#response.destroy();
    if (nowMs - this.#authorizedMs < AUTHORIZE_MS) return;
    if (this.#isAsking) {
      this.#response.destroy();
    } else {
      this.#authorizedMs = nowMs;
      void this.#askAgain();
    }
  }

  async #askAgain(): Promise<void> {
    this.#isAsking = true;
    if (!(await isAuthorized(this.#authorize, this.#request))) this.end();
    this.#isAsking = false;
  }
}

function isOver(response: PageResponse): boolean {
  return response.writableEnded || response.destroyed;
}

/** The functions that have thrown, each of which causes one warning. */
const warned = new WeakSet<Authorize>();

/** Anything but `true` is a refusal, and so is an error. */
export async function isAuthorized(authorize: Authorize, request: PageRequestSource): Promise<boolean> {
  try {
    const isAllowed: unknown = await authorize(request);
    return isAllowed === true;
  } catch (error) {
    if (warned.has(authorize)) return false;
    warned.add(authorize);
    process.emitWarning(
      `The "options.authorize" function of createConnectionsPage() threw, and the request was refused: ${String(error)}`,
      "SocketInfoWarning",
    );
    return false;
  }
}

// Follows the event stream of the page's server, and opens it again when it ends. fetch, not EventSource: a page must
// say why the server refuses it, and EventSource reports no status.
import { type PageFrame, PROTOCOL_VERSION } from "../protocol";

export type StreamState =
  | { readonly state: "connecting" | "live" }
  | { readonly state: "broken"; readonly reason: string; readonly retryAt: number };

export interface StreamListener {
  onFrame(frame: PageFrame): void;
  onState(state: StreamState): void;
}

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 30_000;
/** The server sends a frame each second or so. A connection that is silent for so long is dead. */
const SILENCE_MS = 15_000;
/** The length of an event, in characters. A frame of 500 rows takes less than 1 MB. */
const LONGEST_EVENT = 8_000_000;

export class FrameStream {
  readonly #listener: StreamListener;
  #url = "";
  #running: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #delayMs = FIRST_DELAY_MS;

  constructor(listener: StreamListener) {
    this.#listener = listener;
  }

  /** Follows the stream at this address, and drops the former one. */
  open(url: string): void {
    this.#url = url;
    this.#delayMs = FIRST_DELAY_MS;
    this.#start();
  }

  /** Opens the same stream again, if it is closed or broken. */
  reopen(): void {
    if (this.#running === undefined && this.#url !== "") this.open(this.#url);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#running?.abort();
    this.#running = undefined;
  }

  #start(): void {
    this.close();
    const running = new AbortController();
    this.#running = running;
    this.#follow(running).then(
      () => this.#retry(running, "The server ended the stream"),
      (error: unknown) =>
        this.#retry(running, error instanceof StreamEnd ? error.message : "The server does not answer"),
    );
  }

  async #follow(running: AbortController): Promise<void> {
    const { signal } = running;
    this.#listener.onState({ state: "connecting" });
    const silence = new Silence(() => running.abort());
    try {
      const response = await fetch(this.#url, { signal, cache: "no-store", headers: { accept: "text/event-stream" } });
      if (!response.ok || response.body === null) throw new StreamEnd(refusal(response.status));
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      const events = new EventReader();
      for (;;) {
        silence.restart();
        const { done, value } = await reader.read();
        if (done || signal.aborted) return;
        for (const data of events.take(value)) this.#receive(data);
      }
    } catch (error) {
      throw silence.isOver ? new StreamEnd(`No frame for ${SILENCE_MS / 1000} seconds`) : error;
    } finally {
      silence.end();
    }
  }

  #receive(data: string): void {
    let frame: PageFrame;
    try {
      frame = JSON.parse(data) as PageFrame;
    } catch {
      throw new StreamEnd("The server sent something else than frames");
    }
    if (frame.version !== PROTOCOL_VERSION) throw new StreamEnd("The server has another version: reload this page");
    this.#delayMs = FIRST_DELAY_MS;
    this.#listener.onState({ state: "live" });
    this.#listener.onFrame(frame);
  }

  /** Does nothing if the stream was closed meanwhile, or asks another question. */
  #retry(running: AbortController, reason: string): void {
    if (this.#running !== running) return;
    running.abort();
    this.#running = undefined;
    // Up to a quarter more, so that many viewers do not come back at the same time.
    const delay = this.#delayMs * (1 + Math.random() / 4);
    this.#delayMs = Math.min(this.#delayMs * 2, LONGEST_DELAY_MS);
    this.#listener.onState({ state: "broken", reason, retryAt: Date.now() + delay });
    this.#timer = setTimeout(() => this.#start(), delay);
  }
}

/** An end of the stream that has a reason for people. */
class StreamEnd extends Error {}

function refusal(status: number): string {
  if (status === 401 || status === 403) return `The server refuses this viewer (${status}): the access may have ended`;
  return status === 429 || status === 503 ? `The server is busy (${status})` : `The server answers with ${status}`;
}

class Silence {
  readonly #onOver: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  isOver = false;

  constructor(onOver: () => void) {
    this.#onOver = onOver;
    this.restart();
  }

  restart(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.isOver = true;
      this.#onOver();
    }, SILENCE_MS);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

/** Splits a text/event-stream into the data of its events named "frame". */
export class EventReader {
  #rest = "";

  take(chunk: string): string[] {
    const blocks = (this.#rest + chunk).split("\n\n");
    this.#rest = blocks.pop() ?? "";
    if (this.#rest.length > LONGEST_EVENT) throw new StreamEnd("The server sent something else than frames");
    return blocks.filter((block) => /^event: ?frame$/m.test(block)).map(dataOf);
  }
}

function dataOf(block: string): string {
  const lines = block.split("\n").filter((line) => line.startsWith("data:"));
  return lines.map((line) => line.slice(5)).join("\n");
}

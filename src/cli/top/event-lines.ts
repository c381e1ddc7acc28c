// Takes the newest event out of a text/event-stream: https://html.spec.whatwg.org/multipage/server-sent-events.html
import { StringDecoder } from "node:string_decoder";

/**
 * Keeps at most one unfinished line and one event, whatever comes. Events whose name is not "frame" are ignored. An
 * event has one line of data.
 */
export class EventLines {
  readonly #decoder = new StringDecoder("utf8");
  readonly #longest: number;
  #unfinished = "";
  #event = "";
  #data: string | undefined;
  #newest: string | undefined;

  /** @param longest - Of a line, in characters. */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** Returns false if a line is too long: then the stream is of no use. */
  add(chunk: Uint8Array): boolean {
    const lines = this.#decoder.write(chunk).split("\n");
    const last = lines.length - 1;
    for (const [index, part] of lines.entries()) {
      const line = index === 0 ? this.#unfinished + part : part;
      if (line.length > this.#longest) return false;
      if (index === last) this.#unfinished = line;
      else this.#take(line.endsWith("\r") ? line.slice(0, -1) : line);
    }
    return true;
  }

  /** The data of the newest event since the last call. */
  takeNewest(): string | undefined {
    const newest = this.#newest;
    this.#newest = undefined;
    return newest;
  }

  #take(line: string): void {
    if (line === "") {
      if (this.#event === "frame" && this.#data !== undefined) this.#newest = this.#data;
      this.#event = "";
      this.#data = undefined;
      return;
    }
    if (line.startsWith("event:")) this.#event = valueOf(line);
    else if (line.startsWith("data:")) this.#data = valueOf(line);
  }
}

/** What follows the colon and one space. */
function valueOf(line: string): string {
  const value = line.slice(line.indexOf(":") + 1);
  return value.startsWith(" ") ? value.slice(1) : value;
}

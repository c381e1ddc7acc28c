// A client of the same server whose connection is not hijacked. It must not notice the hijacking of others.
import type { Duplex } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { expect } from "vitest";

/** The server must answer requests for `/plain/…` with their path. */
export class Neighbour {
  isDone = false;
  readonly #client: Duplex;

  constructor(client: Duplex) {
    this.#client = client.setEncoding("latin1");
  }

  /** Sends one request after the other, and checks each answer, until `isDone`. */
  async visit(): Promise<void> {
    for (let number = 1; !this.isDone; number++) {
      await setTimeout(1);
      const path = `/plain/${number}`;
      const answered = this.#receive(path);
      this.#client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      const text = await answered;
      expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(text.split("HTTP/1.1 ")).toHaveLength(2);
    }
    this.#client.destroy();
  }

  #receive(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let text = "";
      const onClose = (): void => reject(new Error(`closed instead of an answer to ${path}, after ${text}`));
      const onData = (data: string): void => {
        text += data;
        if (!text.endsWith(`\r\n\r\n${path}`)) return;
        this.#client.off("data", onData).off("close", onClose);
        resolve(text);
      };
      this.#client.on("data", onData).on("close", onClose);
    });
  }
}

// Load on an HTTP server: keep-alive connections, each with one request under way, over bare sockets.
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";

export class HttpLoad {
  /** Requests that were answered since the beginning. */
  answered = 0;

  readonly #sockets: Socket[] = [];
  #request = Buffer.alloc(0);
  #isPaused = false;
  readonly #idle: Socket[] = [];

  async start(port: number, connections: number, path: string): Promise<void> {
    this.setPath(path);
    for (let i = 0; i < connections; i++) {
      const socket = createConnection({ port, host: "127.0.0.1", noDelay: true });
      await once(socket, "connect");
      this.#sockets.push(socket);
      socket.on("data", (chunk) => this.#onData(socket, chunk));
      socket.write(this.#request);
    }
  }

  /** For the requests from now on. */
  setPath(path: string): void {
    this.#request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  }

  /** Those under way are still answered. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    for (const socket of this.#idle.splice(0)) socket.write(this.#request);
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** The server writes head and body at once, and nothing comes before the next request. */
  #onData(socket: Socket, chunk: Buffer): void {
    if (!chunk.subarray(-6).equals(END)) throw new Error(`not the expected answer: ${chunk.toString()}`);
    this.answered++;
    if (this.#isPaused) this.#idle.push(socket);
    else socket.write(this.#request);
  }
}

const END = Buffer.from("\r\n\r\nok");

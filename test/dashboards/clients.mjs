// The clients of one server, and what they count: the truth that the answers of Prometheus are compared with.
import { once } from "node:events";
import { connect } from "node:net";
import { connect as secure } from "node:tls";
import { getTcpInfo } from "sockinfo";

const FIRST_PORT = 40_000;

/**
 * What one connection was, on the client's side.
 *
 * @typedef {object} Life
 * @property {number} port
 * @property {number} requests Those without a response included.
 * @property {number} bytesWritten
 * @property {number} bytesRead What the client's kernel received.
 * @property {Ending} ending
 * @property {readonly [atLeast: number, atMost: number]} seconds How long the server had it.
 * @property {number | undefined} minRttMs
 *
 * @typedef {"client-end" | "client-reset" | "server-end"} Ending Who ended it, in the words of `closeReason`.
 */

export class Clients {
  /** The connections that are closed. @type {Life[]} */
  lives = [];
  #nextPort = FIRST_PORT;

  /**
   * @param {string} host
   * @param {number} port
   * @param {boolean} isTls
   */
  constructor(host, port, isTls) {
    this.host = host;
    this.port = port;
    this.isTls = isTls;
  }

  /** Connects, without the handshake of TLS. */
  async dial() {
    const startedAt = performance.now();
    const wire = connect({ host: this.host, port: this.port, localPort: this.#nextPort++ });
    wire.on("error", () => {});
    await once(wire, "connect");
    return new Client(this, wire, startedAt);
  }

  /**
   * Connects, makes requests for `bytes` each, and ends.
   *
   * @param {{ requests?: number, bytes?: number, ending?: Ending }} visit
   */
  async visit({ requests = 1, bytes = 1000, ending = "client-end" }) {
    const client = await this.dial();
    for (let left = requests; left > 0; left--) {
      await client.get(`/bytes/${bytes}`, ending === "server-end" && left === 1);
    }
    await client.end(ending);
  }
}

export class Client {
  #requests = 0;
  #connectedAt = performance.now();
  /** @type {import("node:net").Socket | undefined} */
  #stream;

  /**
   * @param {Clients} clients
   * @param {import("node:net").Socket} wire
   * @param {number} startedAt
   */
  constructor(clients, wire, startedAt) {
    this.clients = clients;
    this.wire = wire;
    this.startedAt = startedAt;
    this.port = /** @type {number} */ (wire.localPort);
    this.closed = once(wire, "close");
  }

  /** Sends a request, without reading. @param {string} path */
  send(path, isLast = false) {
    this.#requests++;
    this.#stream ??= this.#open();
    this.#stream.write(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: ${isLast ? "close" : "keep-alive"}\r\n\r\n`,
    );
    return this.#stream;
  }

  #open() {
    if (!this.clients.isTls) return this.wire;
    return secure({ socket: this.wire, rejectUnauthorized: false }).on("error", () => {});
  }

  /** Waits for the whole response. @param {string} path */
  async get(path, isLast = false) {
    const stream = this.send(path, isLast);
    const { promise, resolve, reject } = defer();
    let text = "";
    const read = (/** @type {Buffer} */ chunk) => {
      text += chunk.toString("latin1");
      const [, length = NaN] = /content-length: (\d+)/i.exec(text) ?? [];
      if (text.length - text.indexOf("\r\n\r\n") - 4 === Number(length)) resolve();
    };
    const fail = () => reject(new Error(`closed before the response to ${path}`));
    stream.on("data", read).once("close", fail);
    await promise;
    stream.off("data", read).off("close", fail);
  }

  /** @param {Ending} ending */
  async end(ending) {
    const { bytesReceived, minRttMs } = /** @type {import("sockinfo").LinuxTcpInfo} */ (getTcpInfo(this.wire));
    const { bytesWritten } = this.wire;
    const endedAt = performance.now();
    if (ending === "client-reset") this.wire.resetAndDestroy();
    else {
      const stream = (this.#stream ?? this.wire).resume();
      if (ending === "client-end") stream.end();
    }
    await this.closed;
    this.clients.lives.push({
      port: this.port,
      requests: this.#requests,
      // What TLS writes at the end does not leave after a reset, and comes too late after the server's own end.
      bytesWritten: ending === "client-end" ? this.wire.bytesWritten : bytesWritten,
      bytesRead: (ending === "client-reset" ? bytesReceived : this.wire.bytesRead) ?? NaN,
      ending,
      // The server accepts and closes within half a second, except on a very busy machine.
      seconds: [
        Math.max(0, endedAt - this.#connectedAt - 500) / 1000,
        (performance.now() - this.startedAt + 500) / 1000,
      ],
      minRttMs,
    });
  }
}

function defer() {
  let resolve = () => {};
  let reject = (/** @type {Error} */ _error) => {};
  /** @type {Promise<void>} */
  const promise = new Promise((fulfil, refuse) => {
    resolve = fulfil;
    reject = refuse;
  });
  return { promise, resolve, reject };
}

// An HTTP/2 client that writes its frames itself, to end connections in ways that Node's client can't.
import { once } from "node:events";
import { connect, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { portOf, until } from "../../helpers/servers";

const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const GOAWAY = 7;
const WINDOW_UPDATE = 8;

const ACK = 1;
const END_STREAM = 1;
const END_HEADERS = 4;
/** `:method GET`, `:scheme http` and `:path /` by their indexes in HPACK's static table, then `:authority x`. */
const GET = Buffer.from([0x82, 0x86, 0x84, 0x01, 1, 0x78]);

export const frames = {
  data: (stream: number): Buffer => frame(DATA, 0, stream, Buffer.from("x")),
  goaway: (code: number): Buffer => frame(GOAWAY, 0, 0, Buffer.concat([u32(0), u32(code)])),
  reset: (stream: number, code: number): Buffer => frame(RST_STREAM, 0, stream, u32(code)),
  windowUpdate: (size: number): Buffer => frame(WINDOW_UPDATE, 0, 0, u32(size)),
};

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** `seen` has the frames and the end that arrived, in order: "GOAWAY 0", "FIN". */
export class RawHttp2Client {
  readonly seen: string[] = [];
  #received = Buffer.alloc(0);

  constructor(readonly wire: Socket) {
    wire.on("end", () => this.seen.push("FIN")).on("error", () => {});
    wire.on("data", (data: Buffer) => this.#read(data));
  }

  get goaways(): string[] {
    return this.seen.filter((name) => name.startsWith("GOAWAY"));
  }

  #read(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data]);
    while (this.#received.length >= 9) {
      const size = 9 + this.#received.readUIntBE(0, 3);
      if (this.#received.length < size) return;
      if (this.#received[3] === GOAWAY) this.seen.push(`GOAWAY ${this.#received.readUInt32BE(13)}`);
      else if (this.#received[3] === HEADERS) this.seen.push("HEADERS");
      this.#received = this.#received.subarray(size);
    }
  }
}

/** A connection with one request whose response has begun. The client ends the connection only when the test does. */
export async function requestByFrames(server: Server): Promise<RawHttp2Client> {
  const wire = connect({ port: portOf(server), host: "127.0.0.1", allowHalfOpen: true });
  onTestFinished(() => void wire.destroy());
  await once(wire, "connect");
  const client = new RawHttp2Client(wire);
  const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  wire.write(Buffer.concat([preface, frame(SETTINGS, 0, 0), frame(SETTINGS, ACK, 0)]));
  wire.write(frame(HEADERS, END_STREAM | END_HEADERS, 1, GET));
  await until(() => client.seen.includes("HEADERS"));
  return client;
}

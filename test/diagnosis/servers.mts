// The servers of plan.mts. Each calls `accepted` for a connection, and starts its program when the peer has asked.
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { createServer as createTlsServer } from "node:tls";
import { gzipSync } from "node:zlib";
import type { ServerProgram } from "./plan.mts";

/** `pendingBytes` returns what waits in Node now. */
export type Accepted = (socket: Socket, pendingBytes: () => number) => void;

interface Writable {
  readonly destroyed: boolean;
  write(chunk: Uint8Array): boolean;
  on(event: "drain", listener: () => void): unknown;
}

const BLOCK = Buffer.alloc(65_536, "x");
/** Both ends know it, so that TLS needs no certificate. */
export const TLS_KEY = { psk: Buffer.alloc(32, 7), identity: "lab" };
export const TLS_CIPHERS = "PSK-AES128-GCM-SHA256";

function writeForEver(stream: Writable): void {
  const go = () => {
    while (!stream.destroyed && stream.write(BLOCK)) {
      // Until the buffer is full.
    }
  };
  stream.on("drain", go);
  go();
}

/** The bytes after which peer.cc asks again end with a newline. */
function answerOf(bytes: number): Buffer {
  const answer = Buffer.alloc(bytes, "x");
  answer[bytes - 1] = 10;
  return answer;
}

function every(ms: number, socket: Socket, act: () => void): void {
  const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : act()), ms);
}

function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;) Math.sqrt(ms);
}

/** Text that deflate makes ten times shorter. */
function textOf(bytes: number): Buffer {
  const words = Array.from({ length: 64 }, (_, i) => `${"lorem ipsum dolor sit amet".slice(i % 20)} ${i * 7919}`);
  const text = Array.from({ length: 4096 }, (_, i) => words[(i * i * 31 + (i >> 3)) % 64]).join(" ");
  return Buffer.alloc(bytes, text);
}

async function gzipForEver(socket: Socket, bytes: number): Promise<void> {
  const text = textOf(bytes);
  while (!socket.destroyed) {
    const isFull = !socket.write(gzipSync(text, { level: 9 }));
    if (isFull) await new Promise((resolve) => socket.once("drain", resolve));
    await wait(1);
  }
}

type Answering = Extract<ServerProgram, { readonly does: "answer" }>;

/** The first question has been asked. */
function answerQuestions(socket: Socket, { bytes, thinkMs, atMost = Infinity, bulkFromMs }: Answering): void {
  let left = atMost;
  let isBulk = false;
  const answer = async () => {
    if (thinkMs !== undefined) await wait(thinkMs);
    if (!isBulk && left-- > 0) socket.write(answerOf(bytes));
  };
  const beginBulk = () => {
    isBulk = true;
    writeForEver(socket);
  };
  if (bulkFromMs !== undefined) setTimeout(beginBulk, bulkFromMs);
  socket.on("data", () => void answer());
  void answer();
}

/** The plain programs. They begin with the first question. */
function start(socket: Socket, program: ServerProgram): void {
  switch (program.does) {
    case "bulk": {
      const { blockMs, everyMs } = program;
      writeForEver(socket);
      if (blockMs !== undefined && everyMs !== undefined) every(everyMs, socket, () => block(blockMs));
      return;
    }
    case "send":
      socket.write(Buffer.alloc(program.bytes));
      if (program.ends) socket.end();
      return;
    case "drip": {
      const drop = () => void socket.write(Buffer.alloc(program.bytes));
      drop();
      every(program.everyMs, socket, drop);
      return;
    }
    case "answer":
      return answerQuestions(socket, program);
    case "gzip":
      return void gzipForEver(socket, program.bytes);
    case "events":
    case "tls":
    case "http2":
      throw new Error(`${program.does} has a server of its own`);
  }
}

export function makeServer(program: ServerProgram, allowHalfOpen: boolean, accepted: Accepted): Server {
  const plainPending = (socket: Socket) => () => socket.writableLength;
  switch (program.does) {
    case "events": {
      const server = createHttpServer((_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        const data = `data: ${"x".repeat(program.bytes)}\n\n`;
        every(program.everyMs, response.socket as Socket, () => response.write(data));
      });
      return server.on("connection", (socket) => accepted(socket, plainPending(socket)));
    }
    case "tls": {
      let pending = () => 0;
      const server = createTlsServer({
        pskCallback: (_, identity) => (identity === TLS_KEY.identity ? TLS_KEY.psk : null),
        ciphers: TLS_CIPHERS,
        maxVersion: "TLSv1.2",
      });
      server.on("secureConnection", (socket) => {
        pending = () => socket.writableLength;
        socket.on("error", () => {}).once("data", () => writeForEver(socket));
      });
      return server.on("connection", (socket) => accepted(socket, () => pending()));
    }
    case "http2": {
      const server = createHttp2Server();
      server.on("stream", (stream) => {
        stream.on("error", () => {}).respond();
        writeForEver(stream);
      });
      return server.on("connection", (socket) => accepted(socket, plainPending(socket)));
    }
    default:
      return createServer({ noDelay: true, allowHalfOpen }, (socket) => {
        socket.once("data", () => start(socket, program)).resume();
        accepted(socket, plainPending(socket));
      });
  }
}

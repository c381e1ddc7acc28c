// What handlers do, by the name in the url. The plain server does the same, except that it answers instead of
// hijacking.
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { hijack, release } from "sockinfo/hijack";
import type { Exchange } from "./exchange.mts";

type Handler = (exchange: Exchange) => void;
interface Connection {
  readonly socket: Duplex;
  readonly head: Buffer;
}

const answer = (exchange: Exchange) => {
  const { request, response } = exchange;
  if (!response || response.destroyed || response.headersSent) return;
  response.writeHead(200, { "Content-Length": 4 }).end(request.method === "HEAD" ? "" : "hand");
};
const refuse = ({ response }: Exchange) => void response?.writeHead(403).end();
const whenRead = (exchange: Exchange, done: () => void) => {
  exchange.request.on("data", (data: Buffer) => (exchange.body += data.toString("latin1"))).once("end", done);
};

const ordinary: Record<string, Handler> = {
  answer,
  refuse,
  wait: () => {},
  later: (exchange) => void setImmediate(answer, exchange),
  lateno: (exchange) => void setImmediate(refuse, exchange),
  read: (exchange) => whenRead(exchange, () => answer(exchange)),
  some: (exchange) => void exchange.request.once("data", () => answer(exchange)),
  begun: ({ response }) => void response?.write("begun"),
};

const hijacking: Record<string, Handler> = {
  own: (exchange) => take(exchange, "early", own),
  ownread: (exchange) => {
    whenRead(exchange, () => {});
    take(exchange, "early", own);
  },
  give: (exchange) => take(exchange, "early", giveBack),
  body: (exchange) => take(exchange, "early", readBodyThenGiveBack),
  null: (exchange) => void Promise.resolve().then(() => take(exchange, "late", own)),
  tick: (exchange) => process.nextTick(() => take(exchange, "late", own)),
  soon: (exchange) => void setImmediate(() => take(exchange, "late", own)),
  soongive: (exchange) => void setImmediate(() => take(exchange, "late", giveBack)),
  data: (exchange) => void exchange.request.once("data", () => take(exchange, "late", own)),
  end: (exchange) => whenRead(exchange, () => take(exchange, "late", own)),
  endgive: (exchange) => whenRead(exchange, () => take(exchange, "late", giveBack)),
};

export const ORDINARY = Object.keys(ordinary);
export const HIJACKING = Object.keys(hijacking);

export function handle(exchange: Exchange): void {
  const [, name = "answer"] = /do-([a-z]+)/.exec(exchange.request.url ?? "") ?? [];
  ({ ...ordinary, ...hijacking })[name]?.(exchange);
}

/** After a refusal the handler answers. The plain server's handler always answers, at the same moment. */
function take(
  exchange: Exchange,
  asked: "early" | "late",
  owner: (exchange: Exchange, connection: Connection) => void,
) {
  const { request, response, isEnabled } = exchange;
  if (!response) return;
  exchange.asked = asked;
  // Node's parser goes on with the segment only after the owner's answer.
  if (!isEnabled && asked === "early" && isItsTurn(response)) return answer(exchange);
  const taken = isEnabled ? hijack(request, response) : Promise.reject(new Error("This server is plain"));
  const turn = asked === "early" ? undefined : new Promise((resolve) => setImmediate(resolve));
  void taken.then(
    (connection) => {
      exchange.outcome = "owned";
      return owner(exchange, connection);
    },
    async (error: unknown) => {
      if (isEnabled) noteCode(exchange, error);
      await turn;
      return answer(exchange);
    },
  );
}

function isItsTurn(response: ServerResponse): boolean {
  return response.socket !== null;
}

function own(exchange: Exchange, { socket, head }: Connection): void {
  exchange.owned = head.toString("latin1");
  socket.on("error", (error) => {
    exchange.ownedEnd = "error";
    socket.destroy(error);
  });
  socket.on("data", (data: Buffer) => (exchange.owned += data.toString("latin1")));
  socket.once("end", () => {
    exchange.ownedEnd ??= "end";
    socket.end();
  });
  if (socket.readableEnded) {
    exchange.ownedEnd = "end";
    socket.end();
  }
  socket.resume();
}

/** `body` is what was read before `head`. */
function giveBack(exchange: Exchange, { socket, head }: Connection, body?: Buffer): void {
  const hasBody = exchange.request.method !== "HEAD";
  const ignoreError = () => {};
  socket.on("error", ignoreError);
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n${hasBody ? "hand" : ""}`);
  try {
    socket.off("error", ignoreError);
    release(socket, head, { ownerReadBody: body !== undefined });
    exchange.outcome = "released";
  } catch (error) {
    noteCode(exchange, error);
    own(exchange, { socket, head: Buffer.concat([body ?? Buffer.alloc(0), head]) });
    socket.end();
  }
}

/** Reads a body with a Content-Length. The owner of a body in chunks keeps the connection. */
function readBodyThenGiveBack(exchange: Exchange, { socket, head }: Connection): void {
  const { "content-length": length = "0", "transfer-encoding": coding } = exchange.request.headers;
  if (coding !== undefined) return own(exchange, { socket, head });
  let got = head;
  const onError = () => {
    exchange.ownedEnd = "error";
    socket.destroy();
  };
  const onEnd = () => {
    exchange.owned = got.toString("latin1");
    exchange.ownedEnd = "end";
    socket.end();
  };
  const onData = (data?: Buffer) => {
    if (data) got = Buffer.concat([got, data]);
    if (got.length < Number(length)) return;
    socket.off("data", onData).off("end", onEnd).off("error", onError).pause();
    giveBack(exchange, { socket, head: got.subarray(Number(length)) }, got.subarray(0, Number(length)));
  };
  socket.on("error", onError).on("end", onEnd).on("data", onData);
  onData();
}

function noteCode({ codes }: Exchange, error: unknown): void {
  codes.push(String((error as { code?: unknown }).code ?? error));
}

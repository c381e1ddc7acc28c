// The server that the demo shows: an ordinary one, which does not use sockinfo.
import http from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { type ClientPlan, urlOf } from "./plans.mts";

const CHUNK = Buffer.alloc(65_536, "x");

/** Node asks for the next chunk when the client has taken the previous ones. */
function* chunksOf(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= CHUNK.length) yield CHUNK.subarray(0, left);
}

function answer({ answer: { bytes, everyMs } }: ClientPlan, res: http.ServerResponse): void {
  if (everyMs === undefined) {
    Readable.from(chunksOf(bytes)).pipe(res);
    return;
  }
  const chunk = Buffer.alloc(bytes, "x");
  const timer = setInterval(() => {
    // Nothing piles up for a client that does not read.
    if (!res.writableNeedDrain) res.write(chunk);
  }, everyMs);
  res.on("close", () => clearInterval(timer));
}

/** Answers each request as its plan says. `onRequest` gets the index of the plan first. */
export function createDemoServer(
  plans: readonly ClientPlan[],
  onRequest: (index: number, socket: Socket) => void,
): http.Server {
  return http.createServer((req, res) => {
    const index = plans.findIndex((plan) => urlOf(plan) === req.url);
    const plan = plans[index];
    if (!plan) {
      res.writeHead(404).end();
      return;
    }
    onRequest(index, req.socket);
    answer(plan, res);
  });
}

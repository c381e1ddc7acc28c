// Line ends right after a request. Node's parser skips them unseen, as RFC 9112 section 2.2 allows. Late, the first ones may be
// missing, and nothing else. Early, none ever is: the exact-*.test.ts.
import { describe, expect, test } from "vitest";
import { inChunks, readAll, withLength } from "./helpers/bodies";
import { cameBehind, GET_TAKE, LAST, take } from "./helpers/take";

const REQUESTS = {
  GET: { start: GET_TAKE, raw: "" },
  "with a length": withLength("data"),
  "in chunks": inChunks("data", [2]),
};

const BEHIND = ["\r\n", "\n", "\r\n\r\n", "\r", "\r\nbehind", "\n\r\n \r\n"];

describe.each(["duplex", "http", "https"] as const)("%s", (kind) => {
  test.each(Object.keys(REQUESTS) as (keyof typeof REQUESTS)[])("%s, late", async (name) => {
    const { start, raw } = REQUESTS[name];
    for (const behind of BEHIND) {
      for (const segments of [[start + raw + behind], [start + raw, behind]]) {
        const outcome = await take({ kind, mode: "late", pause: "twoImmediates", read: readAll }, segments);
        if (outcome.code === undefined) {
          // Only from the front, and only these.
          const missing = (behind + LAST).slice(0, -cameBehind(outcome).length);
          expect(missing + cameBehind(outcome)).toBe(behind + LAST);
          expect(missing).toMatch(/^[\r\n]*$/);
        } else {
          expect(outcome.code).toMatch(/^ERR_SOCKINFO_(BYTES_PARSED|SOCKET_CLOSED)$/);
        }
      }
    }
  });
});

// Fails when Node no longer skips them. Then change the documentation.
test("in memory, they are missing", async () => {
  const outcome = await take({ mode: "late", pause: "twoImmediates" }, [`${GET_TAKE}\r\n`]);
  expect(cameBehind(outcome)).toBe(LAST);
});

// Line ends behind a request, which Node's parser skips before the next one and says nothing of, as RFC 9112, section 2.2, has it:
// late without `hold` they may be missing, if they come first, and nothing else. Early, and held, they never are.
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

  test.each(Object.keys(REQUESTS) as (keyof typeof REQUESTS)[])("%s, held", async (name) => {
    const { start, raw } = REQUESTS[name];
    for (const behind of BEHIND) {
      for (const segments of [[start + raw + behind], [start + raw, behind]]) {
        const outcome = await take({ kind, mode: "held", pause: "twoImmediates", read: readAll }, segments);
        expect(cameBehind(outcome)).toBe(behind + LAST);
      }
    }
  });
});

// So that this file can fail: when Node no longer does, the documentation is to be changed.
test("in memory, they are missing", async () => {
  const outcome = await take({ mode: "late", pause: "twoImmediates" }, [`${GET_TAKE}\r\n`]);
  expect(cameBehind(outcome)).toBe(LAST);
});

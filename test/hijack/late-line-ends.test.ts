// Line ends behind a request, which Node's parser skips before the next one and says nothing of: late without `hold`, whoever takes
// the connection must be given them or be refused.
import { expect, test } from "vitest";
import { inChunks, readAll, withLength } from "./helpers/bodies";
import { KINDS } from "./helpers/kinds";
import { cameBehind, GET_TAKE, LAST, take } from "./helpers/take";

const REQUESTS = {
  GET: { start: GET_TAKE, raw: "" },
  "with a length": withLength("data"),
  "in chunks": inChunks("data", [2]),
};

test.each(KINDS)("%s", async (kind) => {
  for (const { start, raw } of Object.values(REQUESTS)) {
    for (const behind of ["\r\n", "\n", "\r\n\r\n", "\r\nbehind"]) {
      for (const segments of [[start + raw + behind], [start + raw, behind]]) {
        const outcome = await take({ kind, mode: "late", pause: "twoImmediates", read: readAll }, segments);
        if (outcome.code === undefined) expect(cameBehind(outcome)).toBe(behind + LAST);
        else expect(outcome.code).toMatch(/^ERR_SOCKINFO_(BYTES_PARSED|SOCKET_CLOSED)$/);
      }
    }
  }
});

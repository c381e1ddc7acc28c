// Line ends right after a request. Node's parser skips them, as RFC 9112 section 2.2 allows. So the owner of a late
// hijack may miss the first ones, and nothing else. exact.test.ts shows that nothing is missing after an early one.
import { describe, expect, test } from "vitest";
import { MOMENTS } from "./helpers/moments";
import { pauses } from "./helpers/pauses";
import { inChunks, readAll, withLength } from "./helpers/requests";
import { type Attempt, Scene } from "./helpers/scene";

const REQUESTS = {
  GET: { headers: "", raw: "" },
  "with a length": withLength("data"),
  "in chunks": inChunks("data", [2]),
};

const AFTER = ["\r\n", "\n", "\r\n\r\n", "\r", "\r\nafter it", "\n\r\n \r\n"];

const read: Attempt["read"] = (request, then) => void readAll(request).then(pauses.immediate).then(then);

describe.each(["duplex", "http", "https"] as const)("%s", (kind) => {
  test.each(Object.keys(REQUESTS) as (keyof typeof REQUESTS)[])("%s, late", async (name) => {
    const { headers, raw } = REQUESTS[name];
    const cuts: NonNullable<Attempt["cut"]>[] = [
      (start, rest) => [start + rest],
      (start, rest) => [start + rest.slice(0, raw.length), rest.slice(raw.length)],
    ];
    const attempts = AFTER.flatMap((after) =>
      cuts.map((cut, index) => ({
        name: `${JSON.stringify(after)}, ${index + 1} segments`,
        headers,
        body: raw,
        after,
        cut,
        gap: "none" as const,
        read,
        isEarly: false,
        expected: "either" as const,
      })),
    );
    // The scene checks that only line ends at the front are missing.
    const scene = await Scene.start(kind, MOMENTS["in setImmediate"] as (typeof MOMENTS)[string]);
    await scene.run(attempts);
  });
});

// Fails when Node no longer skips them. Then change the documentation.
test("in memory, they are missing", async () => {
  const scene = await Scene.start("duplex", MOMENTS["in setImmediate"] as (typeof MOMENTS)[string]);
  const attempt = { name: "a line end", after: "\r\n", read, isEarly: false, expected: "taken" } as const;
  expect(await scene.run([attempt])).toEqual(["\r\n"]);
});

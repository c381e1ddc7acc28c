// The closed connections that wait for their end, beside a Map.
import { expect, test } from "vitest";
import { WaitingConnections } from "../../../src/connections/after-close/waiting-connections";

test("has what a Map has, in the same order, after any additions and deletions", () => {
  const waiting = new WaitingConnections<{ readonly cookie: bigint }>();
  const map = new Map<bigint, { readonly cookie: bigint }>();
  for (let step = 0; step < 3000; step++) {
    const cookie = BigInt(Math.floor(Math.random() * 12));
    const known = map.get(cookie);
    const member = known ?? { cookie };
    expect(waiting.get(cookie)).toBe(known);
    expect(waiting.delete(member)).toBe(map.delete(cookie));
    if (known === undefined) {
      waiting.add(member);
      map.set(cookie, member);
    }
    expect(waiting.size).toBe(map.size);
    expect([...waiting]).toEqual([...map.values()]);
  }
});

test("a loop leaves out what is deleted before its turn", () => {
  const waiting = new WaitingConnections<{ readonly cookie: bigint }>();
  const members = [1n, 2n, 3n].map((cookie) => ({ cookie }));
  for (const member of members) waiting.add(member);
  const seen: bigint[] = [];
  for (const { cookie } of waiting) {
    seen.push(cookie);
    waiting.delete({ cookie: 2n });
  }
  expect(seen).toEqual([1n, 3n]);
});

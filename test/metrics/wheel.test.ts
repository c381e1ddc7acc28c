// Each member has one turn a minute, and the turns are spread.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Wheel } from "../../src/metrics/wheel";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("each member has one turn a minute, until it leaves", () => {
  const turns = new Map<object, number>();
  const sizes: number[] = [];
  const wheel = new Wheel<{ slot: number }>((members) => {
    sizes.push(members.length);
    for (const member of members) turns.set(member, (turns.get(member) ?? 0) + 1);
  });
  wheel.start();
  wheel.start();
  const members = Array.from({ length: 6000 }, () => ({ slot: wheel.randomSlot() }));
  for (const member of members) wheel.add(member);
  vi.advanceTimersByTime(180_000);
  expect(sizes).toHaveLength(180);
  expect(members.map((member) => turns.get(member))).toEqual(members.map(() => 3));
  // 100 in each, within six standard deviations.
  expect(Math.max(...sizes)).toBeLessThan(160);
  expect(Math.min(...sizes)).toBeGreaterThan(40);

  for (const member of members.slice(1)) wheel.delete(member);
  vi.advanceTimersByTime(60_000);
  expect(members.map((member) => turns.get(member))).toEqual(members.map((_, index) => (index === 0 ? 4 : 3)));
  wheel.stop();
  wheel.stop();
  expect(vi.getTimerCount()).toBe(0);
});

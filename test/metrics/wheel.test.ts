// Each slot has one turn a minute, and the slots are spread.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { randomSlot, Wheel } from "../../src/metrics/wheel";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("each slot has one turn a minute, and none after the end", () => {
  const slots: number[] = [];
  const wheel = new Wheel((slot) => slots.push(slot));
  wheel.start();
  wheel.start();
  vi.advanceTimersByTime(180_000);
  expect(slots).toHaveLength(180);
  for (let slot = 0; slot < 60; slot++) expect(slots.filter((turn) => turn === slot)).toHaveLength(3);
  wheel.stop();
  wheel.stop();
  expect(vi.getTimerCount()).toBe(0);
});

test("the slots of connections that open together are spread", () => {
  const counts = new Map<number, number>();
  for (let i = 0; i < 6000; i++) {
    const slot = randomSlot();
    counts.set(slot, (counts.get(slot) ?? 0) + 1);
  }
  // 100 in each, within six standard deviations.
  expect([...counts.keys()].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, slot) => slot));
  expect(Math.max(...counts.values())).toBeLessThan(160);
  expect(Math.min(...counts.values())).toBeGreaterThan(40);
});

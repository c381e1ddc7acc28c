// The ports of many subscribers. The work for one of them must not grow with the number of the others, so these tests
// count calls.
import { afterEach, describe, expect, test } from "vitest";
import type { DestroyObserver, DestroySubscription } from "../../src/sock-diag/destroy-events";
import { core } from "../helpers/core";
import { lacks } from "../helpers/needs";
import { binding, orThrow } from "./helpers";

const SUBSCRIBERS = 1000;

/** One for each port. */
class CountingObserver implements DestroyObserver {
  static questions = 0;
  readonly port: number;

  constructor(port: number) {
    this.port = port;
  }

  destroyed(): boolean {
    return false;
  }
  lost(): void {}
  unavailable(): void {}
  portsInUse(): number[] {
    CountingObserver.questions++;
    return [this.port];
  }
}

const { setDestroyPorts } = binding;
let subscriptions: DestroySubscription[] = [];
afterEach(() => {
  for (const subscription of subscriptions) subscription.close();
  subscriptions = [];
  Object.assign(binding, { setDestroyPorts });
});

/** How often, and how many ports, the native module was told. */
function countPorts(): { calls: number; ports: number } {
  const counted = { calls: 0, ports: 0 };
  Object.assign(binding, {
    setDestroyPorts: (ports: Uint16Array<ArrayBuffer>) => {
      counted.calls++;
      counted.ports += ports.length;
      return setDestroyPorts(ports);
    },
  });
  return counted;
}

describe.skipIf(lacks("linux"))("many subscribers", () => {
  test("the end of one asks no other for its ports", () => {
    for (let port = 1; port <= SUBSCRIBERS; port++) {
      const subscription = orThrow(core.subscribeToDestroyEvents(new CountingObserver(port)));
      subscription.watchPort(port);
      subscriptions.push(subscription);
    }
    CountingObserver.questions = 0;
    const counted = countPorts();
    for (const subscription of subscriptions) subscription.close();
    expect(CountingObserver.questions).toBe(0);
    // Only while there are few enough for a filter. Each of these calls tells all ports.
    expect(counted.calls).toBeGreaterThan(200);
    expect(counted.calls).toBeLessThanOrEqual(256);
  });

  test("with more ports than a filter has, a further port costs no call", () => {
    const subscription = orThrow(core.subscribeToDestroyEvents(new CountingObserver(1)));
    const others = Array.from({ length: 300 }, (_, index) => {
      const other = orThrow(core.subscribeToDestroyEvents(new CountingObserver(10_000 + index)));
      other.watchPort(10_000 + index);
      return other;
    });
    subscriptions = [subscription, ...others];
    const counted = countPorts();
    for (let port = 1; port <= 200; port++) subscription.watchPort(port);
    expect(counted).toEqual({ calls: 0, ports: 0 });
    for (const other of others) other.close();
    // The last one tells the kernel the ports that are left.
    expect(counted.calls).toBeGreaterThan(0);
  });
});

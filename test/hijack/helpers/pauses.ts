// When a handler hijacks, and short pauses of a handler or a client.

/** Before the handler goes on to something asynchronous, or later. */
export const WHEN = ["early", "late"] as const;
export type When = (typeof WHEN)[number];

export const pauses = {
  none: async (): Promise<void> => {},
  microtask: () => Promise.resolve(),
  tick: () => new Promise<void>((resolve) => process.nextTick(resolve)),
  immediate: () => new Promise<void>((resolve) => setImmediate(resolve)),
  twoImmediates: async (): Promise<void> => {
    await pauses.immediate();
    await pauses.immediate();
  },
} as const;
export type Pause = keyof typeof pauses;

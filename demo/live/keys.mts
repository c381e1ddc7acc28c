// What the keys of the demo do to the chosen client.
import type { DemoClient } from "./demo-client.mts";

interface Key {
  readonly key: string;
  readonly meaning: string;
  readonly isOfPath: boolean;
  readonly act: (client: DemoClient) => void;
}

export const CLIENT_KEYS: readonly Key[] = [
  { key: "l", meaning: "more loss", isOfPath: true, act: (client) => client.loseMore() },
  { key: "d", meaning: "more delay", isOfPath: true, act: (client) => client.delayMore() },
  { key: "b", meaning: "half the bandwidth", isOfPath: true, act: (client) => client.halveRate() },
  { key: "u", meaning: "unplug or plug in", isOfPath: true, act: (client) => client.togglePath() },
  { key: "s", meaning: "stop reading or read on", isOfPath: false, act: (client) => client.toggleReading() },
  { key: "r", meaning: "as at first", isOfPath: false, act: (client) => client.restart() },
];

export const keysFor = (hasPaths: boolean): readonly Key[] =>
  CLIENT_KEYS.filter(({ isOfPath }) => hasPaths || !isOfPath);

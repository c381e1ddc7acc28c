// All kinds of path.
import { Draw } from "../draw.mts";
import type { CongestionControl, Plan } from "../plan.mts";
import { BLIND_KINDS } from "./blind-kinds.mts";
import type { Kind } from "./kind.mts";
import { MIXTURES } from "./mixtures.mts";
import { NETWORKS } from "./networks.mts";
import { READERS } from "./readers.mts";
import { SENDERS } from "./senders.mts";

export const KINDS: readonly Kind[] = [...SENDERS, ...READERS, ...NETWORKS, ...MIXTURES, ...BLIND_KINDS];

/** The same seed makes the same plan. */
export function planOf(kind: Kind, congestionControl: CongestionControl, seed: number): Plan {
  const draw = new Draw(`${kind.name}|${congestionControl}|${seed}`);
  const plan = kind.plan(draw);
  return { ...plan, kind: kind.name, congestionControl, seed, parameters: draw.parameters };
}

// Kinds that were made without looking at the rules. Their windows are judged apart from the others.
import type { Kind } from "./kind.mts";

export const BLIND_KINDS: readonly Kind[] = [];

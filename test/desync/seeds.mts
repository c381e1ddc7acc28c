// A random generator for each part of a case, so that no part depends on how often another one has drawn.
import { Random } from "../helpers/random.ts";

/** Each part has its own `label`. */
export function randomFrom(seed: number, message: number, label: number): Random {
  return new Random(Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(message + 1, 0xc2b2_ae35) ^ (label << 20));
}

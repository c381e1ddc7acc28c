// Builds c_loop.cc where that has not been done since its last change, and loads the binary.
import { createRequire } from "node:module";
import { join } from "node:path";
import { buildNative, modified } from "../compared/build.mts";

const BINARY = join(import.meta.dirname, "build/Release/c_loop.node");

if (modified(BINARY) < modified(join(import.meta.dirname, "c_loop.cc"))) buildNative(import.meta.dirname);

/** The functions that c_loop.cc defines, by their names. */
export const native = createRequire(import.meta.url)(BINARY) as Readonly<Record<string, unknown>>;

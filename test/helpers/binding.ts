// The native module without the package around it.
import { join } from "node:path";
import type { NativeBinding } from "../../src/addon/native-binding";
import { root } from "./docs";

export const binaryPath: string = join(root, "prebuilds", `${process.platform}-${process.arch}`, "sockinfo.node");

const loaded = { exports: {} };
process.dlopen(loaded, binaryPath);

export const binding = loaded.exports as NativeBinding;

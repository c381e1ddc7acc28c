// Node's headers, where they came with this Node: they serve as well as those that node-gyp downloads, and need no network.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** What node-gyp takes as `nodedir`. */
export const nodePrefix: string = dirname(dirname(process.execPath));
/** Where they would be. */
export const nodeHeaders: string = join(nodePrefix, "include/node");
export const hasNodeHeaders: boolean = existsSync(join(nodeHeaders, "node_api.h"));

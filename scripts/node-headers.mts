// The headers that are installed beside this Node, if any. With them node-gyp need not download headers.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The value of node-gyp's option `nodedir`. */
export const nodePrefix: string = dirname(dirname(process.execPath));
/** The folder of the headers, whether it exists or not. */
export const nodeHeaders: string = join(nodePrefix, "include/node");
export const hasNodeHeaders: boolean = existsSync(join(nodeHeaders, "node_api.h"));

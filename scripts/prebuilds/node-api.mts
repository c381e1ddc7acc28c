// The functions of Node-API 8, which every supported Node has.
import { createRequire } from "node:module";

type Symbols = Readonly<Record<"js_native_api_symbols" | "node_api_symbols", readonly string[]>>;

// The package has no types.
const { symbols } = createRequire(import.meta.url)("node-api-headers") as { symbols: { v8: Symbols } };

export const NODE_API_8: readonly string[] = [...symbols.v8.js_native_api_symbols, ...symbols.v8.node_api_symbols];

// Builds the native module for this machine into prebuilds/, the one place that the package loads it from.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

const env = { ...process.env };

// Headers that came with this Node serve as well as downloaded ones, and need no network.
const prefix = dirname(dirname(process.execPath));
if (!env["npm_config_nodedir"] && existsSync(join(prefix, "include/node/node_api.h")))
  env["npm_config_nodedir"] = prefix;

// One binary for all versions: N-API 8, which every supported Node has. --target only chooses the headers.
const { status } = spawnSync("prebuildify", ["--napi", "--strip", "--target", "20.19.0"], { env, stdio: "inherit" });
process.exit(status ?? 1);

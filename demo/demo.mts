// `npm run demo`: a server whose clients come over made network paths, and the views of it. With --once it prints what
// sockinfo returns for a few connections of this machine, and exits. With --loopback it does without network paths.
import { parseArgs } from "node:util";
import { getUnsupportedReason } from "sockinfo";

const { values } = parseArgs({
  options: {
    once: { type: "boolean", default: false },
    loopback: { type: "boolean", default: false },
  },
});

const reason = getUnsupportedReason();
if (reason) {
  console.error(reason.message);
  process.exit(1);
}

if (values.once) await import("./once.mts");
else await (await import("./live/live.mts")).runLive({ wantsPaths: !values.loopback });

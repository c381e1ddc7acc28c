// Calls getPeerCredentials `count` times for one connection, by its socket or by its descriptor number.
// ../suites/system-calls.mts runs it under strace.
import { getPeerCredentials } from "sockinfo";
import { fdOfSocket } from "../compared/c-loop.mts";
import { withUnixServer } from "../connections/unix-server.mts";

const [sourceType, count] = process.argv.slice(2);

await withUnixServer(async (server) => {
  const { accepted, close } = await server.connect(1);
  const [socket] = accepted as [(typeof accepted)[number]];
  const source = sourceType === "fd" ? fdOfSocket(socket) : socket;
  for (let i = 0; i < Number(count); i++) getPeerCredentials(source);
  await close();
});

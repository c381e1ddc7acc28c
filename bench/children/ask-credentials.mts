// Asks getPeerCredentials `count` times about one connection, by its socket or by its descriptor number; run under
// strace by ../suites/system-calls.mts.
import { getPeerCredentials } from "sockinfo";
import { fdOfSocket, withUnixServer } from "../connections/unix-server.mts";

const [kind, count] = process.argv.slice(2);

await withUnixServer(async (server) => {
  const { accepted, close } = await server.connect(1);
  const [socket] = accepted as [(typeof accepted)[number]];
  const source = kind === "fd" ? fdOfSocket(socket) : socket;
  for (let i = 0; i < Number(count); i++) getPeerCredentials(source);
  await close();
});

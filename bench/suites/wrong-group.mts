// What sockinfo and peercred return for a peer whose user id and group id differ. It needs root to start such a
// process.
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { getPeerCredentials } from "sockinfo";
import { isMissing } from "../compared/load.mts";
import { loadPeercred } from "../compared/peercred.mts";
import { withUnixServer } from "../connections/unix-server.mts";
import type { Section } from "../report/section.mts";

const UID = 1000;
const GID = 2000;

export async function wrongGroup(): Promise<Section> {
  return { title: "The group id of a peer", about: await compare() };
}

function compare(): Promise<string> {
  return withUnixServer(async ({ server, path }) => {
    const peercred = loadPeercred();
    if (isMissing(peercred)) return "peercred's gid was not checked: the package could not be loaded.";
    if (process.getuid?.() !== 0) return "peercred's gid was not checked: that needs root.";
    const script = `require("net").connect(${JSON.stringify(path)}).resume()`;
    const child = spawn(process.execPath, ["-e", script], { uid: UID, gid: GID, cwd: "/", stdio: "ignore" });
    const gone = new AbortController();
    child.once("exit", () => gone.abort());
    child.once("error", () => gone.abort());
    try {
      const [socket] = (await once(server, "connection", { signal: gone.signal })) as [Socket];
      const ours = getPeerCredentials(socket);
      const theirs = peercred.fromSock(socket);
      socket.destroy();
      const wrong = theirs.gid === theirs.uid ? " (it returns the uid as the gid)" : "";
      return (
        `For a peer of uid ${UID} and gid ${GID}, sockinfo returns uid ${ours.uid} and gid ${ours.gid}; peercred 1.1.2 returns ` +
        `uid ${theirs.uid} and gid ${theirs.gid}${wrong}. peercred does not read the groups.`
      );
    } catch {
      return "peercred's gid was not checked: no process of another user could be started.";
    } finally {
      child.kill();
    }
  });
}

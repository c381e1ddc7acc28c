// What sockinfo and peercred say of a peer whose user id and group id differ. Needs root, to be able to start one.
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
  return { title: "", rows: [], notes: [await compare()] };
}

function compare(): Promise<string> {
  return withUnixServer(async ({ server, path }) => {
    const peercred = loadPeercred();
    if (isMissing(peercred)) return "What peercred gives as gid was not looked at: it is missing here.";
    if (process.getuid?.() !== 0) return "What peercred gives as gid was not looked at: that takes root.";
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
      const right = `a peer of uid ${UID} and gid ${GID}: sockinfo says uid ${ours.uid}, gid ${ours.gid}`;
      const wrong = theirs.gid === GID ? "" : " (it gives the uid as the gid)";
      return `Of ${right}; peercred 1.1.2 says uid ${theirs.uid}, gid ${theirs.gid}${wrong}. It reads no groups.`;
    } catch {
      return "What peercred gives as gid was not looked at: no process of another user could be started.";
    } finally {
      child.kill();
    }
  });
}

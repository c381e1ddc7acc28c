// getMptcpInfo of an MPTCP connection, in a child process that inherits the connection from Python.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Samples } from "../measure/interleave.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { atMost, ratioRow, valueRow, type Section } from "../report/section.mts";

const CHILD = join(import.meta.dirname, "../children/read-mptcp-info.mts");
const C_LOOP = "C loop: the same four calls";
const TITLE = "getMptcpInfo of a connection with one subflow";

/** Makes both ends of an MPTCP connection, and runs Node in its own place. Arguments: the command. */
const CONNECT = `
import os, socket, sys
IPPROTO_MPTCP = 262
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
listener.bind(("127.0.0.1", 0))
listener.listen()
client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
client.connect(listener.getsockname())
accepted, _ = listener.accept()
accepted.sendall(b"x" * 5000)
for end in (client, accepted):
    os.set_inheritable(end.fileno(), True)
os.execvp(sys.argv[1], [*sys.argv[1:], str(accepted.fileno())])`;

export async function mptcpInfo({ oneConnection }: SampleSize): Promise<Section> {
  const command = [process.execPath, "--import", "tsx", CHILD, JSON.stringify(oneConnection)];
  const { status, stdout, stderr } = spawnSync("python3", ["-c", CONNECT, ...command], { encoding: "utf8" });
  if (status !== 0) return { title: TITLE, about: `Not measured: ${stderr.trim().split("\n").at(-1) ?? "no python3"}` };
  const { loop, get } = JSON.parse(stdout) as Samples<"loop" | "get">;
  return {
    title: TITLE,
    about: "Time per call by descriptor number. The C loop makes the same system calls on the same descriptor.",
    rows: [
      valueRow(C_LOOP, loop),
      ratioRow("getMptcpInfo(fd)", get, { name: C_LOOP, samples: loop }, { limit: atMost(1.5) }),
    ],
  };
}

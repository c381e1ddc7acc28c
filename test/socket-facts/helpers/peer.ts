// A client in Python that reads, writes and stops acknowledging when it is told to: peer.py.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { listen, portOf } from "../../helpers/servers";

export interface Peer {
  /** This process's end of the connection. Node does not read from it. */
  readonly accepted: Socket;
  /** Resolves to the line that the client prints when it has done it. */
  tell(command: string): Promise<string>;
}

export async function connectPeer(host = "127.0.0.1"): Promise<Peer> {
  const server = await listen(createServer({ allowHalfOpen: true, pauseOnConnect: true }), { host, port: 0 });
  const script = join(import.meta.dirname, "..", "peer.py");
  const child = spawn("python3", [script, host, String(portOf(server))], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill());
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const [accepted] = (await once(server, "connection")) as [Socket];
  return {
    accepted,
    async tell(command) {
      child.stdin.write(`${command}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`peer.py ended at ${command}`);
      return value;
    },
  };
}

/** Writes, and waits until the kernel has all of it. */
export async function writeAll(socket: Socket, count: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.write(Buffer.alloc(count, "x"), (error) => (error ? reject(error) : resolve()));
  });
}

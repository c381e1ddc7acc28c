// A server in a process of its own, and clients that misbehave.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { root } from "../../helpers/docs";

export type Leaving = "FIN" | "RST" | "destroy()";

interface Report {
  readonly served: readonly string[];
  readonly open: number;
}

export class AttackedProgram {
  readonly #child: ChildProcess;
  stderr = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    onTestFinished(() => void child.kill("SIGKILL"));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
  }

  #place: { host: string; port: number } | { path: string } = { path: "" };

  /** Its server listens on a free port or path, whatever its code says. */
  static async start(file: string): Promise<AttackedProgram> {
    const preloads = ["test/docs/listen-anywhere.mjs", "test/hijack/helpers/report-served.mjs"];
    const child = spawn(process.execPath, [...preloads.flatMap((path) => ["--import", join(root, path)]), file], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    const program = new AttackedProgram(child);
    program.#place = await new Promise((resolve, reject) => {
      child.stdout?.setEncoding("utf8").on("data", (text: string) => {
        const where = /^LISTENING (.*)$/m.exec(text)?.[1];
        if (where) resolve(/^\d+$/.test(where) ? { host: "127.0.0.1", port: Number(where) } : { path: where });
      });
      child.once("exit", () => reject(new Error(`ended: ${program.stderr}`)));
    });
    return program;
  }

  get isOver(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /**
   * Sends the bytes, leaves after the first bytes of an answer or at once, and waits for the end of the connection.
   */
  async visit(bytes: string, leaving: Leaving, { atOnce = false } = {}): Promise<string> {
    const socket = createConnection({ ...this.#place, allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    let answer = "";
    socket.on("error", () => {}).on("data", (data) => (answer += data.toString("latin1")));
    const over = new Promise<void>((resolve) => void socket.once("end", resolve).once("close", resolve));
    const isConnected = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    if (!isConnected) return "";
    if (bytes !== "") socket.write(bytes, "latin1");
    if (!atOnce) await Promise.race([once(socket, "data").catch(() => {}), over]);
    leave(socket, leaving);
    if (leaving === "FIN") await over;
    socket.destroy();
    return answer;
  }

  /** Returns `undefined` if the program has ended. */
  async report(): Promise<Report | undefined> {
    if (this.isOver || !this.#child.connected) return undefined;
    const reported = Promise.race([once(this.#child, "message"), once(this.#child, "exit")]);
    this.#child.send("report", () => {});
    const [report] = (await reported) as [Report | number | null];
    return typeof report === "object" && report !== null ? report : undefined;
  }

  /** Checks that there was no uncaught error and no warning. The program may report errors itself. */
  expectNothingUncaught(): void {
    expect(this.stderr).not.toMatch(/uncaught|unhandled|^\(node:\d+\)|^Node\.js v|^\s+throw /im);
  }
}

function leave(socket: Socket, leaving: Leaving): void {
  // A Unix socket has no RST.
  if (leaving === "RST" && socket.remoteFamily) socket.resetAndDestroy();
  else if (leaving === "FIN") socket.end();
  else socket.destroy();
}

// `npm run demo`: starts the server's process, in a network namespace if it can have one, and cleans up after it.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Namespace, prepareNamespace } from "./namespace.mts";
import type { ServerStart } from "./server-process.mts";
import { LEAVE_SCREEN } from "./terminal.mts";

/** Ends the process when the demo has ended. */
export async function runLive({ wantsPaths }: { readonly wantsPaths: boolean }): Promise<never> {
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-demo-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

  if (wantsPaths) console.log("Preparing network paths ...");
  const namespace = wantsPaths ? prepareNamespace(folder) : "--loopback";
  const server = startServer(namespace);
  const ended = once(server, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  // Ctrl+C reaches both processes. This one ends after the other.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => server.kill("SIGTERM"));

  if (typeof namespace === "string") {
    server.send({ folder, pagePort: 0, reason: namespace } satisfies ServerStart);
  } else {
    // Browsers are outside the namespace. So the page's port is opened here, and the server's process gets the listener.
    const door = createServer().listen(0, "127.0.0.1");
    await once(door, "listening");
    const { port } = door.address() as AddressInfo;
    const start: ServerStart = { folder, pagePort: port, program: namespace.program };
    server.send(start, door, () => door.close());
  }

  const [status, signal] = await ended;
  // A killed process could not restore the terminal.
  if (signal !== null && process.stdin.isTTY) {
    process.stdout.write(LEAVE_SCREEN);
    spawnSync("stty", ["sane"], { stdio: "inherit" });
  }
  process.exit(status ?? 1);
}

function startServer(namespace: Namespace | string) {
  const [command, ...parameters] = [
    ...(typeof namespace === "string" ? [] : namespace.enter),
    process.execPath,
    ...process.execArgv,
    join(import.meta.dirname, "server-process.mts"),
  ];
  return spawn(command, parameters, { stdio: ["inherit", "inherit", "inherit", "ipc"] });
}

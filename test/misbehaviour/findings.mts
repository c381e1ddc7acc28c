// Collects and prints what must not happen, with the seed and the number of the connection.
import { AsyncLocalStorage } from "node:async_hooks";
import { storyOf } from "./story.mts";

/** The number of the connection whose code is running. Errors of sockets may come outside of it. */
const current = new AsyncLocalStorage<number>();

/** The numbers of the servers' sockets, once a request has told them. */
const numbers = new WeakMap<object, number>();

/** Runs code of the server's side of a connection. */
export function runFor<Result>(connection: number, socket: object, act: () => Result): Result {
  numbers.set(socket, connection);
  // A server of TLS emits 'connection' with the socket under it.
  const { _parent: wire } = socket as { _parent?: object | null };
  if (wire) numbers.set(wire, connection);
  return current.run(connection, act);
}

export function numberOf(socket: object): number | undefined {
  return numbers.get(socket);
}

/** More findings that begin with the same line are only counted. */
const MAX_PRINTED = 4;

export class Findings {
  readonly #seed: number;
  readonly #printed = new Map<string, number>();
  readonly #open = new Set<number>();
  count = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Runs code of the client's side of a connection. */
  async during(connection: number, act: () => Promise<void>): Promise<void> {
    this.#open.add(connection);
    try {
      await current.run(connection, act);
    } catch (error) {
      this.add(`its client: ${describe(error)}`, connection);
    } finally {
      this.#open.delete(connection);
    }
  }

  add(what: string, connection: number | undefined = current.getStore()): void {
    this.count += 1;
    process.exitCode = 1;
    const kind = what.split("\n", 1)[0] as string;
    const printed = this.#printed.get(kind) ?? 0;
    this.#printed.set(kind, printed + 1);
    if (printed >= MAX_PRINTED) return;
    const number = connection ?? `one of ${[...this.#open].join(" ")}`;
    console.log(`FAIL --seed ${this.#seed}, connection ${number}: ${what}`);
    if (connection !== undefined) console.log(`     ${storyOf(connection)}`);
  }

  /** Collects errors that would end the process, so that the run goes on and finds more. */
  watchProcess(): () => void {
    const onException = (error: unknown): void => this.add(`uncaughtException: ${describe(error)}`);
    const onRejection = (error: unknown): void => this.add(`unhandledRejection: ${describe(error)}`);
    const onWarning = (warning: Error): void => {
      // A handler that hijacks and also answers causes it.
      if ((warning as { code?: string }).code === "ERR_SOCKINFO_HIJACKED") return;
      if (/MaxListeners/.test(warning.name)) this.add(`warning: ${warning.message}`);
    };
    process.on("uncaughtException", onException).on("unhandledRejection", onRejection).on("warning", onWarning);
    return () => {
      process.off("uncaughtException", onException).off("unhandledRejection", onRejection).off("warning", onWarning);
    };
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? String(error.stack) : String(error);
}

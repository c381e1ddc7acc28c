// What becomes of a response whose connection has another owner: it may not touch the connection, and the writer learns
// why.
import type { ServerResponse } from "node:http";
import { Failure, type SocketInfoError } from "../../core";

/** Node's own versions throw, too, when they are called too late. */
const HEADER_METHODS = [
  "writeHead",
  "flushHeaders",
  "writeContinue",
  "writeProcessing",
  "writeEarlyHints",
  "writeInformation",
];

/** From now on writing fails. Frameworks that look before they write see a response that has ended. */
export function sealResponse(response: ServerResponse): void {
  for (const name of HEADER_METHODS) override(response, name, refuse);
  const report = reporterOf(response);
  override(response, "write", function write(...parameters: unknown[]) {
    report(unusable(write), parameters);
    return false;
  });
  override(response, "end", function end(...parameters: unknown[]) {
    report(unusable(end), parameters);
    return response;
  });
  // Makes `writableEnded` true.
  response.finished = true;
}

function override(response: ServerResponse, name: string, value: (...parameters: never[]) => unknown): void {
  // Not every version of Node has all of them.
  if (name in response) Object.defineProperty(response, name, { value, configurable: true, writable: true });
}

function refuse(): never {
  throw unusable(refuse);
}

/**
 * Reports as streams do, to the callback and by 'error'. Without either, the first error becomes a warning: a framework
 * that also answers must not end the process.
 */
function reporterOf(response: ServerResponse): (error: SocketInfoError, parameters: readonly unknown[]) => void {
  let isWarned = false;
  return (error, parameters) => {
    const callback = parameters.find((parameter) => typeof parameter === "function") as
      | ((error: Error) => void)
      | undefined;
    process.nextTick(() => {
      const isHeard = emitError(response, error);
      if (callback) callback(error);
      if (isHeard || callback || isWarned) return;
      isWarned = true;
      process.emitWarning(error);
    });
  };
}

/** Whether there is a listener. The one of pipe() emits the error once more, which throws if there is no other. */
function emitError(response: ServerResponse, error: Error): boolean {
  try {
    return response.emit("error", error);
  } catch (thrown) {
    if (thrown !== error) throw thrown;
    return false;
  }
}

function unusable(entry: (...parameters: never[]) => unknown): SocketInfoError {
  return Failure.of("ERR_SOCKINFO_HIJACKED", "the response can't be used: write to the socket").toError(entry);
}

/** As when the client disconnects, so that resources made for the response are freed. */
export function closeResponse(response: ServerResponse): void {
  response.destroyed = true;
  process.nextTick(() => {
    // For `stream.finished()`, if it is called later.
    (response as { _closed?: boolean })._closed = true;
    response.emit("close");
  });
}

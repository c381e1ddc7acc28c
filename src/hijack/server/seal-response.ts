// Seals a response after its connection has got another owner. The response can't touch the connection any more, and
// writing to it fails with an error that says why.
import type { ServerResponse } from "node:http";
import { defineHidden, Failure, type SocketInfoError } from "../../core";

/** Methods that throw. Node's own versions also throw when they are called too late. */
const HEADER_METHODS = [
  "writeHead",
  "flushHeaders",
  "writeContinue",
  "writeProcessing",
  "writeEarlyHints",
  "writeInformation",
];

/** From now on writing fails. A framework that checks before it writes sees a response that has ended. */
export function sealResponse(response: ServerResponse): void {
  for (const name of HEADER_METHODS) override(response, name, throwHijacked);
  const report = makeReporter(response);
  override(response, "write", function write(...parameters: unknown[]) {
    report(hijackedError(write), parameters);
    return false;
  });
  override(response, "end", function end(...parameters: unknown[]) {
    report(hijackedError(end), parameters);
    return response;
  });
  // Makes `writableEnded` true.
  response.finished = true;
}

function override(response: ServerResponse, name: string, value: (...parameters: never[]) => unknown): void {
  // Some versions of Node lack some of the methods.
  if (name in response) defineHidden(response, name, value);
}

function throwHijacked(): never {
  throw hijackedError(throwHijacked);
}

/**
 * Reports as streams do, to the callback and by 'error'. Without a callback or a listener, the first error becomes a
 * warning, so that a framework that also answers does not end the process.
 */
function makeReporter(response: ServerResponse): (error: SocketInfoError, parameters: readonly unknown[]) => void {
  let isWarned = false;
  return (error, parameters) => {
    const callback = parameters.find((parameter) => typeof parameter === "function") as
      | ((error: Error) => void)
      | undefined;
    process.nextTick(() => {
      const hasListener = emitError(response, error);
      if (callback) callback(error);
      if (hasListener || callback || isWarned) return;
      isWarned = true;
      process.emitWarning(error);
    });
  };
}

/**
 * Returns whether there is a listener. The listener of pipe() does not count: it emits the error again, which throws
 * if there is no other.
 */
function emitError(response: ServerResponse, error: Error): boolean {
  try {
    return response.emit("error", error);
  } catch (thrown) {
    if (thrown !== error) throw thrown;
    return false;
  }
}

function hijackedError(entry: (...parameters: never[]) => unknown): SocketInfoError {
  return Failure.of("ERR_SOCKINFO_HIJACKED", "the response can't be used. Write to the socket").toError(entry);
}

/** Makes the response look as if the client had disconnected, so that code frees what it has made for the response. */
export function markResponseClosed(response: ServerResponse): void {
  response.destroyed = true;
  process.nextTick(() => {
    // For later calls of `stream.finished()`.
    (response as { _closed?: boolean })._closed = true;
    response.emit("close");
  });
}

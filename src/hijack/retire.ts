// What becomes of a request and its response when their connection is gone to somebody else: neither may touch it, and whoever
// waits for one of them must not wait for ever.
import type { IncomingMessage, ServerResponse } from "node:http";
import { Failure, type SocketInfoError } from "../core";

/** Node's own throw, too, when they come too late. */
const OF_HEADERS = [
  "writeHead",
  "flushHeaders",
  "writeContinue",
  "writeProcessing",
  "writeEarlyHints",
  "writeInformation",
];

const SEALED = [...OF_HEADERS, "write", "end"];

/** What middlewares had put there. */
const before = new WeakMap<ServerResponse, PropertyDescriptorMap>();

/**
 * From now on nothing that is written gets anywhere, and who writes is told why. Who looks before, as frameworks do, sees a response
 * that has ended.
 */
export function sealResponse(response: ServerResponse): void {
  before.set(response, overridesOf(response));
  for (const name of OF_HEADERS) override(response, name, refuse);
  const report = reporterOf(response);
  override(response, "write", function write(...parameters: unknown[]) {
    report(unusable(write), parameters);
    return false;
  });
  override(response, "end", function end(...parameters: unknown[]) {
    report(unusable(end), parameters);
    return response;
  });
  // Behind `writableEnded`.
  response.finished = true;
}

function overridesOf(response: ServerResponse): PropertyDescriptorMap {
  const overrides: PropertyDescriptorMap = {};
  for (const name of SEALED) {
    const descriptor = Object.getOwnPropertyDescriptor(response, name);
    if (descriptor) overrides[name] = descriptor;
  }
  return overrides;
}

function override(response: ServerResponse, name: string, value: (...parameters: never[]) => unknown): void {
  // Not all of them are in each version.
  if (name in response) Object.defineProperty(response, name, { value, configurable: true, writable: true });
}

/** Takes that back. */
export function unsealResponse(response: ServerResponse): void {
  for (const name of SEALED) delete (response as unknown as Record<string, unknown>)[name];
  Object.defineProperties(response, before.get(response) ?? {});
  response.finished = false;
}

function refuse(): never {
  throw unusable(refuse);
}

/**
 * As streams do, by the callback and by 'error'; but an answer that a framework gives by itself must not end the process, if nobody
 * listens. It is a warning then, the first time.
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

/** Whether anybody listens. pipe() does, and then emits it once more, for others. */
function emitError(response: ServerResponse, error: Error): boolean {
  try {
    return response.emit("error", error);
  } catch (thrown) {
    if (thrown !== error) throw thrown;
    return false;
  }
}

function unusable(entry: (...parameters: never[]) => unknown): SocketInfoError {
  return Failure.of("ERR_SOCKINFO_HIJACKED", "the response can't be used, write to the socket").toError(entry);
}

/** As when a client breaks off, so that what was made for a response is let go. */
export function closeResponse(response: ServerResponse): void {
  response.destroyed = true;
  process.nextTick(() => {
    // For `stream.finished()`, if it is called later.
    (response as { _closed?: boolean })._closed = true;
    response.emit("close");
  });
}

/** Ends for its readers: in order where all of the body was read, otherwise with an error. The connection stays as it is. */
export function retireRequest(request: IncomingMessage, isRead: boolean, hasBody: boolean): void {
  // Node's own destroys the socket with a request that has not ended.
  Object.defineProperty(request, "_destroy", { value: destroyAlone, configurable: true, writable: true });
  if (!hasBody) {
    // Of a parser that has stopped it has not come.
    if (!request.complete) request.push(null);
    request.complete = true;
    return;
  }
  if (isRead) return;
  request.destroy(
    Failure.of("ERR_SOCKINFO_HIJACKED", "the rest of the body belongs to whoever took it").toError(retireRequest),
  );
}

/** As Node's: an error is only for those who listen. */
function destroyAlone(this: IncomingMessage, error: Error | null, callback: (error?: Error | null) => void): void {
  process.nextTick(() => callback(this.listenerCount("error") > 0 ? error : null));
}

// enableHijack() has no options. It refuses those of version 0.1 by name, and does not change the server.
import http from "node:http";
import { SocketInfoError } from "sockinfo";
import { enableHijack } from "sockinfo/hijack";
import { expect, test } from "vitest";
import { countListeners } from "./helpers/hijacked";

function refusalOf(server: http.Server, options: unknown): SocketInfoError {
  try {
    enableHijack(server, options as never);
  } catch (error) {
    expect(error).toBeInstanceOf(SocketInfoError);
    return error as SocketInfoError;
  }
  throw new Error("not refused");
}

test.each([
  [{ hold: () => true }, /"options\.hold" argument was removed: call hijack\(\) before anything asynchronous/],
  [{ hold: undefined }, /"options\.hold" argument was removed/],
  [{ connect: true }, /"options\.connect" argument was removed: listen to the server's 'connect'$/],
  [{ connect: false }, /"options\.connect" argument was removed/],
  [{ holds: () => true }, /unknown key "holds"\. Its known keys are: none$/],
  [Object.create({ hold: () => true }), /must be a plain object, which inherits nothing/],
  [null, /must be a plain object.* Received null$/],
  ["hold", /must be a plain object.* Received type string \('hold'\)$/],
  [() => true, /must be a plain object/],
])("%o is refused", (options, message) => {
  const server = http.createServer();
  const before = [countListeners(server), Reflect.ownKeys(server)];
  const { code, message: text } = refusalOf(server, options);
  expect(code).toBe("ERR_SOCKINFO_INVALID_ARGUMENT");
  expect(text).toMatch(message);
  expect([countListeners(server), Reflect.ownKeys(server)]).toEqual(before);
});

test.each([[undefined], [{}], [Object.create(null)]])("%o is accepted", (options) => {
  const server = http.createServer();
  const before = server.listenerCount("connection");
  enableHijack(server, options as Record<string, never> | undefined);
  expect(server.listenerCount("connection")).toBe(before + 1);
});

test("a second call adds no listener, and also refuses options", () => {
  const server = http.createServer();
  enableHijack(server);
  const before = countListeners(server);
  enableHijack(server);
  expect(refusalOf(server, { hold: () => true }).code).toBe("ERR_SOCKINFO_INVALID_ARGUMENT");
  expect(countListeners(server)).toEqual(before);
});

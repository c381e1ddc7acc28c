// Checked by tsc, never run: how users tell the errors apart.
import { SocketInfoError, type SocketInfoErrorCode } from "sockinfo";
import { expectTypeOf } from "vitest";

declare const caught: unknown;

if (caught instanceof SocketInfoError) {
  expectTypeOf(caught).toExtend<Error>();
  expectTypeOf(caught).toExtend<NodeJS.ErrnoException | { errno: undefined; syscall: undefined }>();
  expectTypeOf(caught.errno).toEqualTypeOf<number | undefined>();
  expectTypeOf(caught.syscall).toEqualTypeOf<string | undefined>();
  // Editors offer sockinfo's own codes; the system's are strings, so comparing with one of those is allowed as well.
  expectTypeOf(caught.code).toEqualTypeOf<SocketInfoErrorCode | (string & {})>();
  void (caught.code === "ERR_SOCKINFO_NO_SOCKET" || caught.code === "EPERM");
  // @ts-expect-error: read-only
  caught.code = "ERR_SOCKINFO_NO_SOCKET";
}

// The union of sockinfo's own codes is closed: a typing mistake shows.
declare const code: SocketInfoErrorCode;
void (code === "ERR_SOCKINFO_SOCKET_CLOSED");
// @ts-expect-error: there is no such code
void (code === "ERR_SOCKINFO_CLOSED");

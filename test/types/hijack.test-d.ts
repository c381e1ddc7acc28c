// Checked by tsc, never run: allowed and refused uses of sockinfo/hijack.
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import type { Closeable } from "sockinfo";
import { enableHijack, hijack, release, type Hijacked, type ReleaseOptions } from "sockinfo/hijack";
import { expectTypeOf } from "vitest";

expectTypeOf(enableHijack(http.createServer())).toEqualTypeOf<Closeable>();
expectTypeOf<Closeable>().toExtend<Disposable>();
expectTypeOf<Closeable["close"]>().toEqualTypeOf<() => void>();
{
  using hijacking = enableHijack(http.createServer());
  hijacking.close();
  // @ts-expect-error -- close() takes nothing
  hijacking.close(true);
}
expectTypeOf<ReleaseOptions>().toEqualTypeOf<{ readonly ownerReadBody?: boolean | undefined }>();
enableHijack(https.createServer(), {});
enableHijack(http2.createSecureServer({ allowHTTP1: true }), undefined);

// @ts-expect-error -- a connection is no server
enableHijack(new net.Socket());
// @ts-expect-error -- an option of version 0.1
enableHijack(http.createServer(), { hold: () => true });
// @ts-expect-error -- an option of version 0.1
enableHijack(http.createServer(), { connect: true });
// @ts-expect-error -- there are no options
enableHijack(http.createServer(), { late: true });

http.createServer(async (request, response) => {
  const hijacked = await hijack(request, response);
  expectTypeOf(hijacked).toEqualTypeOf<Hijacked>();
  expectTypeOf(hijacked.socket).toEqualTypeOf<net.Socket>();
  expectTypeOf(hijacked.head).toEqualTypeOf<Buffer>();
  // @ts-expect-error -- results are read-only
  hijacked.head = Buffer.alloc(0);
  expectTypeOf(release(hijacked.socket, hijacked.head)).toEqualTypeOf<void>();
  release(hijacked.socket, hijacked.head, { ownerReadBody: true });
  release(hijacked.socket, hijacked.head, { ownerReadBody: undefined });
  release(hijacked.socket, new Uint8Array(1));
  // @ts-expect-error -- the leftover is needed, too
  release(hijacked.socket);
  // @ts-expect-error -- misspelt
  release(hijacked.socket, hijacked.head, { ownerReadsBody: true });
  // @ts-expect-error -- bytes, not text
  release(hijacked.socket, "GET / HTTP/1.1");
  // @ts-expect-error -- the other way round
  void hijack(response, request);
  // @ts-expect-error -- the response is needed, too
  void hijack(request);
});
// A handler there may get both. hijack() refuses HTTP/2 at run time.
http2.createSecureServer({ allowHTTP1: true }, (request, response) => {
  expectTypeOf(hijack(request, response)).toEqualTypeOf<Promise<Hijacked>>();
});

// @ts-expect-error -- internal
export { Failure } from "sockinfo/hijack";

// Checked by tsc, never run: what users may do with sockinfo/hijack, and what they may not.
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import { enableHijack, hijack, release, type EnableHijackOptions, type Hijacked } from "sockinfo/hijack";
import { expectTypeOf } from "vitest";

expectTypeOf(enableHijack(http.createServer())).toEqualTypeOf<void>();
enableHijack(https.createServer(), { hold: ({ method }) => method === "POST", connect: true });
enableHijack(http2.createSecureServer({ allowHTTP1: true }), { hold: undefined, connect: undefined });
expectTypeOf<Parameters<NonNullable<EnableHijackOptions["hold"]>>>().toEqualTypeOf<[http.IncomingMessage]>();

// @ts-expect-error -- a connection is no server
enableHijack(new net.Socket());
// @ts-expect-error -- a promise is not waited for
enableHijack(http.createServer(), { hold: async () => true });
// @ts-expect-error -- misspelt
enableHijack(http.createServer(), { holds: () => true });

http.createServer(async (request, response) => {
  const hijacked = await hijack(request, response);
  expectTypeOf(hijacked).toEqualTypeOf<Hijacked>();
  expectTypeOf(hijacked.socket).toEqualTypeOf<net.Socket>();
  expectTypeOf(hijacked.head).toEqualTypeOf<Buffer>();
  // @ts-expect-error -- results are read-only
  hijacked.head = Buffer.alloc(0);
  expectTypeOf(release(hijacked.socket)).toEqualTypeOf<void>();
  release(hijacked.socket, hijacked.head);
  release(hijacked.socket, new Uint8Array(1));
  // @ts-expect-error -- bytes, not text
  release(hijacked.socket, "GET / HTTP/1.1");
  // @ts-expect-error -- the other way round
  void hijack(response, request);
  // @ts-expect-error -- the response is needed, too
  void hijack(request);
});
// A handler there may get both; what is of HTTP/2 is refused when it comes.
http2.createSecureServer({ allowHTTP1: true }, (request, response) => {
  expectTypeOf(hijack(request, response)).toEqualTypeOf<Promise<Hijacked>>();
});

// @ts-expect-error -- what rings share with the core is nobody else's
export { Failure } from "sockinfo/hijack";

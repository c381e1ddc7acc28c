// Checked by tsc, never run: what users may do with sockinfo/connections, and what they may not.
import http from "node:http";
import http2 from "node:http2";
import net from "node:net";
import { type Closeable, getTcpInfo } from "sockinfo";
import {
  enableCurrentSocket,
  getCurrentSocket,
  getListenerInfo,
  trackConnections,
  tryGetListenerInfo,
  type ListenerInfo,
} from "sockinfo/connections";
import { expectTypeOf } from "vitest";

const info = getListenerInfo(http.createServer());
expectTypeOf(getListenerInfo(3)).toEqualTypeOf(info);
expectTypeOf(info).toEqualTypeOf<ListenerInfo>();
expectTypeOf(info.droppedSyns).toEqualTypeOf<number | undefined>();
expectTypeOf(tryGetListenerInfo(http2.createServer())).toEqualTypeOf<ListenerInfo | undefined>();
expectTypeOf(info.acceptQueueLength).toEqualTypeOf<number>();

// @ts-expect-error -- a connection is no server
getListenerInfo(new net.Socket());
// @ts-expect-error -- results are read-only
info.acceptQueueLength = 0;
// @ts-expect-error -- what the subpaths share is not public
export { Failure } from "sockinfo/connections";
// @ts-expect-error -- and has no subpath
export * as core from "sockinfo/core";

expectTypeOf(getCurrentSocket()).toEqualTypeOf<net.Socket | undefined>();
expectTypeOf(enableCurrentSocket()).toEqualTypeOf<Closeable>();
expectTypeOf(enableCurrentSocket().close()).toEqualTypeOf<void>();
// Everything that is switched on can be switched off in one way. @types/node has the type Disposable, so tsconfig.json
// needs no lib esnext.disposable.
expectTypeOf<Closeable>().toExtend<Disposable>();
expectTypeOf(trackConnections(http.createServer())).toExtend<Closeable>();
export function usesUntilTheEndOfTheBlock(): void {
  using currentSocket = enableCurrentSocket();
  using tracker = trackConnections(http.createServer());
  void [currentSocket, tracker];
}
// @ts-expect-error -- it is no function any more
enableCurrentSocket()();
// @ts-expect-error -- there may be no request
getTcpInfo(getCurrentSocket());

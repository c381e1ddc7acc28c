// Checked by tsc, never run: what users may do with sockinfo/connections, and what they may not.
import http from "node:http";
import http2 from "node:http2";
import net from "node:net";
import { getTcpInfo } from "sockinfo";
import {
  type Closeable,
  enableCurrentSocket,
  getCurrentSocket,
  getListenerInfo,
  tryGetListenerInfo,
  type ListenerInfo,
} from "sockinfo/connections";
import { expectTypeOf } from "vitest";

const info = getListenerInfo(http.createServer());
expectTypeOf(getListenerInfo(3)).toEqualTypeOf(info);
expectTypeOf(info).toEqualTypeOf<ListenerInfo>();
expectTypeOf(tryGetListenerInfo(http2.createServer())).toEqualTypeOf<ListenerInfo | undefined>();
expectTypeOf(info.acceptQueueLength).toEqualTypeOf<number>();

// @ts-expect-error -- a connection is no server
getListenerInfo(new net.Socket());
// @ts-expect-error -- results are read-only
info.acceptQueueLength = 0;
// @ts-expect-error -- what rings share with the core is nobody else's
export { Failure } from "sockinfo/connections";
// @ts-expect-error -- nor has it a subpath
export * as core from "sockinfo/core";

expectTypeOf(getCurrentSocket()).toEqualTypeOf<net.Socket | undefined>();
expectTypeOf(enableCurrentSocket()).toEqualTypeOf<Closeable>();
expectTypeOf(enableCurrentSocket().close()).toEqualTypeOf<void>();
// @ts-expect-error -- there may be no request
getTcpInfo(getCurrentSocket());

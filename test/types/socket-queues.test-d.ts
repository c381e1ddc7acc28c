// Checked by tsc, never run: the results of getSocketMemory, getQueuedBytes and getMptcpInfo.
import type { IncomingMessage } from "node:http";
import {
  getMptcpInfo,
  getQueuedBytes,
  getSocketMemory,
  tryGetMptcpInfo,
  tryGetQueuedBytes,
  tryGetSocketMemory,
  type LinuxTcpInfo,
  type MptcpEndpoint,
  type MptcpInfo,
  type MptcpSubflow,
  type QueuedBytes,
  type SocketMemory,
} from "sockinfo";
import { expectTypeOf } from "vitest";

declare const req: IncomingMessage;

expectTypeOf(getSocketMemory(req)).toEqualTypeOf<SocketMemory>();
expectTypeOf(tryGetSocketMemory(3)).toEqualTypeOf<SocketMemory | undefined>();
expectTypeOf<SocketMemory[keyof SocketMemory]>().toEqualTypeOf<number | undefined>();

expectTypeOf(getQueuedBytes(req)).toEqualTypeOf<QueuedBytes>();
expectTypeOf(tryGetQueuedBytes(3)).toEqualTypeOf<QueuedBytes | undefined>();
expectTypeOf<QueuedBytes[keyof QueuedBytes]>().toEqualTypeOf<number | undefined>();

const info = getMptcpInfo(req);
expectTypeOf(info).toEqualTypeOf<MptcpInfo>();
expectTypeOf(tryGetMptcpInfo(3)).toEqualTypeOf<MptcpInfo | undefined>();
expectTypeOf(info.subflows).toEqualTypeOf<readonly MptcpSubflow[] | undefined>();
expectTypeOf<MptcpSubflow["tcpInfo"]>().toEqualTypeOf<LinuxTcpInfo>();
expectTypeOf<MptcpSubflow["remote"]>().toEqualTypeOf<MptcpEndpoint | undefined>();
// @ts-expect-error: it can't be changed
info.token = 1;

// @ts-expect-error: not a source
getQueuedBytes("3000");

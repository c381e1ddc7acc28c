// Checked by tsc, never run: what users may do with results, and what they may not.
import net from "node:net";
import {
  createTcpInfoReader,
  decodeTcpInfo,
  getFd,
  getPeerCredentials,
  getSocket,
  getTcpInfo,
  getTcpInfoBatch,
  getTcpInfoBytes,
  getUnsupportedReason,
  isSupported,
  SocketInfoError,
  tryGetPeerCredentials,
  tryGetTcpInfo,
  type DarwinTcpInfo,
  type LinuxTcpInfo,
  type PeerCredentials,
  type PortableTcpInfo,
  type TcpInfo,
  type TcpInfoBatch,
  type TcpInfoField,
  type TcpInfoFields,
  type TcpInfoReader,
  type TcpState,
} from "sockinfo";
import { expectTypeOf } from "vitest";

declare const socket: net.Socket;
const info = getTcpInfo(socket);

expectTypeOf(info).toEqualTypeOf<TcpInfo>();
expectTypeOf(tryGetTcpInfo(socket)).toEqualTypeOf<TcpInfo | undefined>();
expectTypeOf(getPeerCredentials(socket)).toEqualTypeOf<PeerCredentials>();
expectTypeOf(tryGetPeerCredentials(socket)).toEqualTypeOf<PeerCredentials | undefined>();
expectTypeOf(getSocket(socket)).toEqualTypeOf<net.Socket>();
expectTypeOf(getFd(socket)).toEqualTypeOf<number>();
expectTypeOf(getFd(net.createServer())).toEqualTypeOf<number>();
expectTypeOf(isSupported()).toEqualTypeOf<boolean>();
expectTypeOf(getUnsupportedReason()).toEqualTypeOf<SocketInfoError | undefined>();

const batch = getTcpInfoBatch([socket, 3]);
expectTypeOf(batch).toEqualTypeOf<TcpInfoBatch>();
expectTypeOf(batch.get(0)).toEqualTypeOf<TcpInfo | undefined>();
expectTypeOf(batch.getBytes(0)).toEqualTypeOf<Uint8Array | undefined>();
expectTypeOf(batch.getError(0)).toEqualTypeOf<SocketInfoError | undefined>();
// @ts-expect-error: not an array
getTcpInfoBatch(new Set([socket]));

// A reader has the fields that were asked for, of either system, and no other.
const readTcp = createTcpInfoReader(["rttMs", "state", "minRttMs", "flags", "platform"]);
const some = readTcp(socket);
expectTypeOf(readTcp).toEqualTypeOf<TcpInfoReader<"rttMs" | "state" | "minRttMs" | "flags" | "platform">>();
expectTypeOf(some.rttMs).toEqualTypeOf<number | undefined>();
expectTypeOf(some.state).toEqualTypeOf<TcpState | undefined>();
expectTypeOf(some.minRttMs).toEqualTypeOf<LinuxTcpInfo["minRttMs"]>();
expectTypeOf(some.flags).toEqualTypeOf<DarwinTcpInfo["flags"]>();
expectTypeOf(some.platform).toEqualTypeOf<"linux" | "darwin">();
expectTypeOf<keyof typeof some>().toEqualTypeOf<"rttMs" | "state" | "minRttMs" | "flags" | "platform">();
expectTypeOf(readTcp.try(socket)).toEqualTypeOf<typeof some | undefined>();
// @ts-expect-error: was not asked for
void some.rtoMs;
// @ts-expect-error: read-only
some.rttMs = 1;
// @ts-expect-error: there is no such field
createTcpInfoReader(["rtMs"]);
// @ts-expect-error: not an array
createTcpInfoReader(new Set(["rttMs"]));
// @ts-expect-error: not a source
readTcp({});
expectTypeOf<TcpInfoField>().toEqualTypeOf<keyof LinuxTcpInfo | keyof DarwinTcpInfo>();
// Whatever is of one system only may be undefined.
type OneSystem = Exclude<TcpInfoField, keyof TcpInfo>;
expectTypeOf<{ [Name in OneSystem]: undefined extends TcpInfoFields[Name] ? never : Name }[OneSystem]>().toBeNever();
// A list that is made at run time: any of its fields may be there.
declare const names: TcpInfoField[];
expectTypeOf(createTcpInfoReader(names)(socket)).toEqualTypeOf<Pick<TcpInfoFields, TcpInfoField>>();

// The portable part needs no check of the platform.
expectTypeOf(info.rttMs).toEqualTypeOf<number | undefined>();
expectTypeOf(info.sndCwndBytes).toEqualTypeOf<number | undefined>();
expectTypeOf(info.state).toEqualTypeOf<TcpState | undefined>();
expectTypeOf<keyof TcpInfo>().toEqualTypeOf<keyof PortableTcpInfo | "platform">();

// The rest needs a check of the platform.
// @ts-expect-error: on Linux only
void info.minRttMs;
// @ts-expect-error: on macOS only
void info.latestRttMs;
if (info.platform === "linux") {
  expectTypeOf(info).toEqualTypeOf<LinuxTcpInfo>();
  expectTypeOf(info.minRttMs).toEqualTypeOf<number | undefined>();
  expectTypeOf(info.isMptcp).toEqualTypeOf<boolean | undefined>();
} else {
  expectTypeOf(info).toEqualTypeOf<DarwinTcpInfo>();
  expectTypeOf(info.latestRttMs).toEqualTypeOf<number | undefined>();
}
// @ts-expect-error: there is no such platform
void (info.platform === "win32");

// Captured bytes are decoded to what their platform has.
const bytes = getTcpInfoBytes(socket);
expectTypeOf(bytes).toEqualTypeOf<Uint8Array>();
expectTypeOf(decodeTcpInfo(bytes, "linux")).toEqualTypeOf<LinuxTcpInfo>();
expectTypeOf(decodeTcpInfo(bytes, "darwin", { endianness: "LE" })).toEqualTypeOf<DarwinTcpInfo>();
expectTypeOf(decodeTcpInfo(bytes, info.platform)).toEqualTypeOf<TcpInfo>();
// The bytes come from one of the two platforms. decodeTcpInfo throws for other names.
expectTypeOf(decodeTcpInfo(bytes, process.platform)).toEqualTypeOf<TcpInfo>();
// @ts-expect-error: there is no such platform
decodeTcpInfo(bytes, "linus");

// Everything is read-only, also the lists.
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
expectTypeOf<Equal<LinuxTcpInfo, Readonly<LinuxTcpInfo>>>().toEqualTypeOf<true>();
expectTypeOf<Equal<DarwinTcpInfo, Readonly<DarwinTcpInfo>>>().toEqualTypeOf<true>();
expectTypeOf<Equal<PeerCredentials, Readonly<PeerCredentials>>>().toEqualTypeOf<true>();
type Mutable = { push: unknown };
expectTypeOf<LinuxTcpInfo["options"]>().not.toExtend<Mutable | undefined>();
expectTypeOf<LinuxTcpInfo["accecnFailMode"]>().not.toExtend<Mutable | undefined>();
expectTypeOf<DarwinTcpInfo["flags"]>().not.toExtend<Mutable | undefined>();
expectTypeOf<PeerCredentials["groups"]>().not.toExtend<Mutable | undefined>();

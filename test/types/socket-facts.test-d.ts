// Checked by tsc, never run: what users may do with congestion control and options, and what they may not.
import type net from "node:net";
import {
  getCongestionControl,
  getSocketOptions,
  tryGetCongestionControl,
  tryGetSocketOptions,
  type BbrPhase,
  type BbrV1,
  type BbrV3,
  type CongestionControl,
  type SocketOptions,
} from "sockinfo";
import { expectTypeOf } from "vitest";

declare const socket: net.Socket;

const control = getCongestionControl(socket);
expectTypeOf(control).toEqualTypeOf<CongestionControl>();
expectTypeOf(tryGetCongestionControl(socket)).toEqualTypeOf<CongestionControl | undefined>();
expectTypeOf(control.name).toEqualTypeOf<string>();
expectTypeOf(control.bbr).toEqualTypeOf<BbrV1 | BbrV3 | undefined>();

// What both versions have needs no check of the version.
expectTypeOf(control.bbr?.bandwidthBytesPerSecond).toEqualTypeOf<number | undefined>();
// @ts-expect-error: of version 3 only
void control.bbr?.phase;
if (control.bbr?.version === 3) expectTypeOf(control.bbr.phase).toEqualTypeOf<BbrPhase | undefined>();
// @ts-expect-error: there is no such version
void (control.bbr?.version === 2);

const options = getSocketOptions(socket);
expectTypeOf(options).toEqualTypeOf<SocketOptions>();
expectTypeOf(tryGetSocketOptions(socket)).toEqualTypeOf<SocketOptions | undefined>();
expectTypeOf(options.noDelay).toEqualTypeOf<boolean | undefined>();
expectTypeOf(options.userTimeoutMs).toEqualTypeOf<number | undefined>();
expectTypeOf(options.cookie).toEqualTypeOf<string | undefined>();
// @ts-expect-error: not a source
getSocketOptions("socket");

// Everything is read-only.
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
expectTypeOf<Equal<CongestionControl, Readonly<CongestionControl>>>().toEqualTypeOf<true>();
expectTypeOf<Equal<BbrV1, Readonly<BbrV1>>>().toEqualTypeOf<true>();
expectTypeOf<Equal<BbrV3, Readonly<BbrV3>>>().toEqualTypeOf<true>();
expectTypeOf<Equal<SocketOptions, Readonly<SocketOptions>>>().toEqualTypeOf<true>();

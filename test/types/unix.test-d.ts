// Checked by tsc, never run: allowed and refused uses of sockinfo/unix and of the functions about peers.
import type { RequestHandler } from "express";
import type { onRequestHookHandler, preHandlerHookHandler } from "fastify";
import type { Server as HttpServer } from "node:http";
import http from "node:http";
import type { Http2Server } from "node:http2";
import http2 from "node:http2";
import type { Middleware } from "koa";
import {
  type Absence,
  getPeerIdentity,
  openPeerProcess,
  type PeerIdentity,
  tryGetPeerIdentity,
  tryOpenPeerProcess,
} from "sockinfo";
import {
  allowPeers,
  describePeer,
  lookUpGroupId,
  lookUpPeerNames,
  listenUnix,
  type PeerGate,
  requirePeer,
  type UnixListener,
  getUnixListener,
  getUnixListeners,
} from "sockinfo/unix";
import { expectTypeOf } from "vitest";

declare const server: HttpServer;
declare const request: http.IncomingMessage;

// The result has the type of the argument.
expectTypeOf(listenUnix(server, "/run/app.sock")).toEqualTypeOf<Promise<HttpServer>>();
expectTypeOf(listenUnix(http2.createServer(), "\0app", { backlog: 10 })).toEqualTypeOf<Promise<Http2Server>>();
expectTypeOf(getUnixListener("api")).toEqualTypeOf<UnixListener | undefined>();
expectTypeOf(getUnixListeners()).toEqualTypeOf<UnixListener[]>();
void listenUnix(server, getUnixListener() ?? "/run/app.sock", { mode: 0o660, owner: "app", group: 12 });
// @ts-expect-error -- it may be undefined
void listenUnix(server, getUnixListener("api"));
// @ts-expect-error -- a mode is a number
void listenUnix(server, "/run/app.sock", { mode: "660" });
// @ts-expect-error -- no such option
void listenUnix(server, "/run/app.sock", { umask: 0 });
// @ts-expect-error -- not a server
void listenUnix({}, "/run/app.sock");

const gate = allowPeers(server, { uids: [0], check: (peer) => peer.securityLabel !== undefined }, { refuseWith: 403 });
gate.on("refused", ({ reason, peer, description, error }) => {
  expectTypeOf(reason).toExtend<string>();
  expectTypeOf(peer?.uid).toEqualTypeOf<number | undefined>();
  expectTypeOf(description).toEqualTypeOf<string>();
  expectTypeOf(error).toEqualTypeOf<unknown>();
});
// @ts-expect-error -- no such event
gate.on("admitted", () => {});
expectTypeOf(gate).toEqualTypeOf<PeerGate>();
expectTypeOf(gate.close()).toEqualTypeOf<void>();
expectTypeOf(gate).toExtend<Disposable>();
// @ts-expect-error -- private
void gate.server;
// @ts-expect-error -- names are no ids
allowPeers(server, { uids: ["root"] });
// @ts-expect-error -- a promise is no answer
allowPeers(server, { check: async () => true });
// @ts-expect-error -- no such list
allowPeers(server, { pids: [1] });
// @ts-expect-error -- no such answer
allowPeers(server, {}, { refuseWith: 404 });

const guard = requirePeer({ groups: [12] }, { onRefused: ({ reason }) => console.warn(reason) });
expectTypeOf(guard).toExtend<RequestHandler>();
expectTypeOf(guard).toExtend<onRequestHookHandler>();
expectTypeOf(guard).toExtend<preHandlerHookHandler>();
expectTypeOf(guard).toExtend<Middleware>();
// @ts-expect-error -- a rule is needed
requirePeer();

expectTypeOf(describePeer(request)).toEqualTypeOf<string>();
expectTypeOf(lookUpGroupId("docker")).toEqualTypeOf<Promise<number | undefined>>();

expectTypeOf(getPeerIdentity(request)).toEqualTypeOf<PeerIdentity>();
expectTypeOf(tryGetPeerIdentity(request)).toEqualTypeOf<PeerIdentity | undefined>();
expectTypeOf(getPeerIdentity(request).absent.auditToken).toEqualTypeOf<Absence | undefined>();
// @ts-expect-error -- ids are never absent
void getPeerIdentity(request).absent.uid;

const peer = openPeerProcess(request);
expectTypeOf(peer.pid).toEqualTypeOf<number | undefined>();
expectTypeOf(peer.readCommandLine()).toEqualTypeOf<Promise<string[]>>();
expectTypeOf(peer[Symbol.dispose]).toEqualTypeOf<() => void>();
expectTypeOf(tryOpenPeerProcess(request)).toEqualTypeOf<typeof peer | undefined>();

expectTypeOf(lookUpPeerNames(request)).resolves.toEqualTypeOf<{
  readonly userName: string | undefined;
  readonly groupName: string | undefined;
}>();
void lookUpPeerNames({ uid: 0, gid: 0 });
// @ts-expect-error -- half an identity
void lookUpPeerNames({ uid: 0 });

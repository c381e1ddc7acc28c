// Checked by tsc, never run: the objects of Node's own modules are accepted as sources, as their types are published.
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  Http2ServerRequest,
  Http2ServerResponse,
  Http2Session,
  Http2Stream,
  ServerHttp2Session,
  ServerHttp2Stream,
} from "node:http2";
import http2 from "node:http2";
import http from "node:http";
import https from "node:https";
import net, { type Socket } from "node:net";
import tls, { type TLSSocket } from "node:tls";
import { getFd, getPeerCredentials, getSocket, getTcpInfo, getTcpInfoBytes, type SocketSource } from "sockinfo";
import { expectTypeOf } from "vitest";

expectTypeOf<Socket>().toExtend<SocketSource>();
expectTypeOf<TLSSocket>().toExtend<SocketSource>();
expectTypeOf<IncomingMessage>().toExtend<SocketSource>();
expectTypeOf<ServerResponse>().toExtend<SocketSource>();
expectTypeOf<ServerResponse<IncomingMessage>>().toExtend<SocketSource>();
expectTypeOf<ClientRequest>().toExtend<SocketSource>();
expectTypeOf<Http2Session>().toExtend<SocketSource>();
expectTypeOf<ClientHttp2Session>().toExtend<SocketSource>();
expectTypeOf<ServerHttp2Session>().toExtend<SocketSource>();
expectTypeOf<Http2Stream>().toExtend<SocketSource>();
expectTypeOf<ClientHttp2Stream>().toExtend<SocketSource>();
expectTypeOf<ServerHttp2Stream>().toExtend<SocketSource>();
expectTypeOf<Http2ServerRequest>().toExtend<SocketSource>();
expectTypeOf<Http2ServerResponse>().toExtend<SocketSource>();
expectTypeOf<IncomingMessage | Http2ServerRequest>().toExtend<SocketSource>();
expectTypeOf<number>().toExtend<SocketSource>();

// And in the places where users have them, with what is inferred there.
http.createServer((req, res) => [getTcpInfo(req), getPeerCredentials(res), getSocket(req), getFd(res)]);
http.get("http://localhost").on("response", (response) => getTcpInfoBytes(response));
http.get("http://localhost").on("socket", (socket) => getTcpInfo(socket));
https.createServer((req, res) => [getTcpInfo(req), getTcpInfo(res)]);
https.createServer().on("secureConnection", (socket) => getTcpInfo(socket));
http2.createServer((req, res) => [getTcpInfo(req), getTcpInfo(res), getSocket(req.stream)]);
http2.createServer().on("session", (session) => getTcpInfo(session));
http2.createServer().on("stream", (stream) => [getTcpInfo(stream), getFd(stream)]);
http2.createSecureServer({ allowHTTP1: true }, (req, res) => [getTcpInfo(req), getTcpInfo(res)]);
http2.connect("http://localhost", (session, socket) => [getTcpInfo(session), getTcpInfo(socket)]);
net.createServer((socket) => [getTcpInfo(socket), getPeerCredentials(socket), getFd(socket)]);
net.connect(1, function onConnect(this: Socket) {
  getTcpInfo(this);
});
tls.createServer((socket) => getTcpInfo(socket));

// Checked by tsc, never run: the objects of Node's own modules are sources, as their types are published.
import http, { type ClientRequest, type IncomingMessage, type ServerResponse } from "node:http";
import http2, {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type Http2Session,
  type Http2Stream,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import https from "node:https";
import net, { type Socket } from "node:net";
import type { Duplex } from "node:stream";
import tls, { type TLSSocket } from "node:tls";
import { getFd, getPeerCredentials, getSocket, getTcpInfo, getTcpInfoBytes } from "sockinfo";
import { accepts } from "./accepts";

accepts<number>();
accepts<Socket>();
accepts<TLSSocket>();
accepts<Duplex>();
accepts<IncomingMessage>();
accepts<ServerResponse>();
accepts<ClientRequest>();
accepts<Http2Session>();
accepts<ClientHttp2Session>();
accepts<ServerHttp2Session>();
accepts<Http2Stream>();
accepts<ClientHttp2Stream>();
accepts<ServerHttp2Stream>();
accepts<Http2ServerRequest>();
accepts<Http2ServerResponse>();
accepts<IncomingMessage | Http2ServerRequest>();

// In handlers, with the inferred types. In Node's types the socket of 'upgrade' and 'connect' is a Duplex.
http.createServer((req, res) => [getTcpInfo(req), getPeerCredentials(res), getSocket(req), getFd(res)]);
http.createServer().on("upgrade", (req, socket) => [getTcpInfo(req), getTcpInfo(socket)]);
http.createServer().on("connect", (req, socket) => [getTcpInfo(req), getPeerCredentials(socket)]);
http.get("").on("response", (response) => getTcpInfoBytes(response));
http.get("").on("socket", (socket) => getTcpInfo(socket));
https.createServer((req, res) => [getTcpInfo(req), getTcpInfo(res)]);
https.createServer().on("secureConnection", (socket) => getTcpInfo(socket));
http2.createServer((req, res) => [getTcpInfo(req), getTcpInfo(res), getSocket(req.stream)]);
http2.createServer().on("session", (session) => getTcpInfo(session));
http2.createServer().on("stream", (stream) => [getTcpInfo(stream), getFd(stream)]);
http2.createSecureServer({ allowHTTP1: true }, (req, res) => [getTcpInfo(req), getTcpInfo(res)]);
http2.connect("", (session, socket) => [getTcpInfo(session), getTcpInfo(socket)]);
net.createServer((socket) => [getTcpInfo(socket), getPeerCredentials(socket), getFd(socket)]);
tls.createServer((socket) => getTcpInfo(socket));

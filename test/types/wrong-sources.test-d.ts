// Checked by tsc, never run: what can't lead to a socket is refused. Each of the marks is an error if its line is
// none.
import http from "node:http";
import net from "node:net";
import { getFd, getPeerCredentials, getSocket, getTcpInfo, getTcpInfoBytes, tryGetTcpInfo } from "sockinfo";

// @ts-expect-error: a missing argument
getTcpInfo();
// @ts-expect-error: nothing
getTcpInfo(undefined);
// @ts-expect-error: nothing
getTcpInfo(null);
// @ts-expect-error: text
getTcpInfo("x");
// @ts-expect-error: a bigint
getTcpInfo(1n);
// @ts-expect-error: a truth value
getTcpInfo(true);
// @ts-expect-error: an empty object
getTcpInfo({});
// @ts-expect-error: an empty list
getTcpInfo([]);
// @ts-expect-error: an object of another kind
getTcpInfo(new Date());
// @ts-expect-error: a promise of a source
getTcpInfo(Promise.resolve(new net.Socket()));
// @ts-expect-error: a function
getTcpInfo(() => new net.Socket());
// @ts-expect-error: a server
getTcpInfo(http.createServer());
// @ts-expect-error: a server
getTcpInfo(net.createServer());
// @ts-expect-error: what only looks like a handle
getTcpInfo({ fd: 1 });
// @ts-expect-error: a socket that is none
getTcpInfo({ socket: { fd: 1 } });
// @ts-expect-error: an address
getTcpInfo(new URL("http://localhost"));
// @ts-expect-error: an answer of fetch
getTcpInfo(new Response());
// @ts-expect-error: an object that merely has an url
getTcpInfo({ url: "http://localhost" });
// @ts-expect-error: a source that may be missing
getTcpInfo(undefined as net.Socket | undefined);

// The other functions accept the same, so one line each is enough.
// @ts-expect-error: an empty object
tryGetTcpInfo({});
// @ts-expect-error: an empty object
getTcpInfoBytes({});
// @ts-expect-error: an empty object
getPeerCredentials({});
// @ts-expect-error: an empty object
getFd({});
// @ts-expect-error: an empty object
getSocket({});
// @ts-expect-error: a descriptor has no net.Socket
getSocket(1);

// A daemon on a Unix socket: by systemd's socket activation, or at a path of its own. Members of a group may ask it, its own user and
// root may stop it.
// @ts-check
import http from "node:http";
import {
  allowPeers,
  describePeer,
  lookUpGroupId,
  lookUpPeerNames,
  listenUnix,
  requirePeer,
  getUnixListener,
} from "sockinfo/unix";

const PATH = process.env["DAEMON_SOCKET"] ?? "/run/local-daemon/socket";
const GROUP = process.env["DAEMON_GROUP"] ?? "local-daemon";

const owners = [0, Number(process.geteuid?.())];
const group = await lookUpGroupId(GROUP);
if (group === undefined) console.warn(`there is no group ${GROUP}: only this user and root get in`);

/** @type {Record<string, http.RequestListener>} */
const routes = {
  "GET /who-am-i": async (req, res) => {
    res.setHeader("content-type", "application/json");
    // The user database may be out of reach. A rejection that nothing handles would end the process.
    const { userName } = await lookUpPeerNames(req).catch(() => ({ userName: undefined }));
    res.end(`${JSON.stringify({ peer: describePeer(req), userName })}\n`);
  },
  "POST /stop": (req, res) => ownersOnly(req, res, () => res.end("stopping\n", () => server.close())),
};

const log = (/** @type {object} */ line) => console.log(JSON.stringify(line));
const ownersOnly = requirePeer({ uids: owners }, { onRefused: ({ description }) => log({ refused: description }) });

const server = http.createServer((req, res) => {
  const route = `${req.method} ${req.url}`;
  // Now: when the connection has closed, the kernel can't be asked any more.
  const peer = describePeer(req);
  res.once("close", () => log({ peer, route, status: res.statusCode }));
  const handler = routes[route];
  if (handler) handler(req, res);
  else res.writeHead(404).end();
});

// Before it listens. Whom the mode of the socket keeps out does not come as far as this.
const rule = { uids: owners, groups: group === undefined ? [] : [group] };
allowPeers(server, rule, { refuseWith: 403 }).on("refused", ({ description, reason }) => {
  log({ refused: description, reason });
});

// A second signal ends it at once.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.close());

// The owner and mode of an inherited socket are those of its unit.
const inherited = getUnixListener("local-daemon");
await (inherited
  ? listenUnix(server, inherited)
  : listenUnix(server, PATH, { mode: group === undefined ? 0o600 : 0o660, group }));
log({ listening: server.address(), by: inherited ? "systemd" : "path" });

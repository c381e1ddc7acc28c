// A daemon on a Unix socket, which systemd passes on (socket activation) or which it makes itself. Members of a group
// may use it. Only its own user and root may stop it.
// @ts-check
import http from "node:http";
import {
  allowPeers,
  describePeer,
  getUnixListener,
  listenUnix,
  lookUpGroupId,
  lookUpPeerNames,
  requirePeer,
} from "sockinfo/unix";

const PATH = process.env["DAEMON_SOCKET"] ?? "/run/local-daemon/socket";
const GROUP = process.env["DAEMON_GROUP"] ?? "local-daemon";

const owners = [0, Number(process.geteuid?.())];
const group = await lookUpGroupId(GROUP);
if (group === undefined) console.warn(`there is no group ${GROUP}: only this user and root are allowed`);

const log = (/** @type {object} */ line) => console.log(JSON.stringify(line));
const ownersOnly = requirePeer({ uids: owners }, { onRefused: ({ description }) => log({ refused: description }) });

/** @type {Record<string, http.RequestListener>} */
const routes = {
  "GET /who-am-i": async (req, res) => {
    res.setHeader("content-type", "application/json");
    // The user database may be unavailable. An unhandled rejection would end the process.
    const { userName } = await lookUpPeerNames(req).catch(() => ({ userName: undefined }));
    res.end(`${JSON.stringify({ peer: describePeer(req), userName })}\n`);
  },
  "POST /stop": (req, res) => ownersOnly(req, res, () => res.end("stopping\n", () => server.close())),
};

const server = http.createServer((req, res) => {
  const route = `${req.method} ${req.url}`;
  // We ask now, because the kernel can't be asked once the connection has closed.
  const peer = describePeer(req);
  res.once("close", () => log({ peer, route, status: res.statusCode }));
  const handler = routes[route];
  if (handler) handler(req, res);
  else res.writeHead(404).end();
});

// This comes before listenUnix(), so that every connection is checked. Callers that the socket's mode keeps out don't
// get this far.
const rule = { uids: owners, groups: group === undefined ? [] : [group] };
allowPeers(server, rule, { refuseWith: 403 }).on("refused", ({ description, reason }) => {
  log({ refused: description, reason });
});

// A second signal ends the process at once.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.close());

const inherited = getUnixListener("local-daemon");
if (inherited) {
  // Its owner and mode are those in the unit.
  await listenUnix(server, inherited);
} else {
  await listenUnix(server, PATH, { mode: group === undefined ? 0o600 : 0o660, group });
}
log({ listening: server.address(), by: inherited ? "systemd" : "path" });

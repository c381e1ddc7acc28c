// The client of the servers that peer.cc can't talk to. Arguments: "tls" or "http2", address, port.
import { connect as connectHttp2 } from "node:http2";
import { connect as connectTls } from "node:tls";
import { TLS_CIPHERS, TLS_KEY } from "./servers.mts";

const [, , protocol, host, port = ""] = process.argv;

process.stdin.on("end", () => process.exit()).resume();

if (protocol === "tls") {
  const socket = connectTls({
    host,
    port: Number(port),
    pskCallback: () => TLS_KEY,
    checkServerIdentity: () => undefined,
    ciphers: TLS_CIPHERS,
    maxVersion: "TLSv1.2",
  });
  socket.resume().write("GET\n");
} else {
  connectHttp2(`http://${host}:${port}`).request({ ":path": "/" }).resume();
}

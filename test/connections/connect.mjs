// Connects as often as the second argument says to the port that is the first, and ends when all have.
import { once } from "node:events";
import { connect } from "node:net";

const [, , port, count] = process.argv;
const sockets = Array.from({ length: Number(count) }, () => connect(Number(port), "127.0.0.1"));
await Promise.all(sockets.map((socket) => once(socket, "connect")));
process.exit();

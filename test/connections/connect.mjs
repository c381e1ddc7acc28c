// Makes connections to ports, and ends when all are made. Arguments: how many to each port, then the ports.
import { once } from "node:events";
import { connect } from "node:net";

const [, , count, ...ports] = process.argv;
const sockets = ports.flatMap((port) =>
  Array.from({ length: Number(count) }, () => connect(Number(port), "127.0.0.1")),
);
await Promise.all(sockets.map((socket) => once(socket, "connect")));
process.exit();

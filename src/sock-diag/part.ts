// What is loaded at the first question to sock_diag.
export { subscribeToDestroyEvents } from "./destroy-events";
export { dumpAllTcpSockets, dumpTcpSockets } from "./dump-tcp-sockets";
export { dumpUnixSockets } from "./dump-unix-sockets";
export { findTcpSocket } from "./find-tcp-socket";

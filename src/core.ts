// What rings (src/connections/, later src/hijack/ and src/unix/) may import, and all that they may: the public names, and the
// few inner ones that they need. One bundle, dist/core.js, so there is one error class and one native module for all of them.
export * from "./index";
export { Failure } from "./errors";
export { findListenerFd } from "./source/listener";
export { readTcpInfoInAnyState } from "./tcp-info/get-tcp-info";

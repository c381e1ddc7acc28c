// The worker thread of answers.mjs.
const { parentPort } = require("node:worker_threads");
const { decodeTcpInfo, isSupported } = require("sockinfo");

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
parentPort.postMessage(`${decodeTcpInfo(new Uint8Array([1]), "linux").state} ${isSupported()}`);

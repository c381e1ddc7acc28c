// Loads a binary in another Node process, so that a crash does not end the gate, and reads TCP_INFO with it.
import { spawnSync } from "node:child_process";

/** Plain CommonJS, for any Node. The first byte is the state: ESTABLISHED is 1 on Linux and 4 on macOS. */
const SCRIPT = `
  const assert = require("node:assert");
  const net = require("node:net");
  const module_ = { exports: {} };
  process.dlopen(module_, process.argv[1]);
  const binding = module_.exports;
  const server = net.createServer((accepted) => {
    const length = binding.tcpInfo(accepted._handle);
    assert(length >= 104, "TCP_INFO answers " + length);
    assert.strictEqual(new Uint8Array(binding.buffer)[0], { linux: 1, darwin: 4 }[process.platform]);
    assert.strictEqual(binding.platform, process.platform);
    console.log(length);
    accepted.destroy();
    server.close();
  });
  server.listen(0, "127.0.0.1", () => net.connect(server.address().port, "127.0.0.1").resume());
`;

/**
 * How many bytes of TCP_INFO the kernel returned, or a sentence about what failed. `node` is the command that runs
 * Node.
 */
export function tryBinary(path: string, node: readonly [string, ...string[]] = [process.execPath]): number | string {
  const [command, ...parameters] = node;
  const { status, signal, stdout, stderr } = spawnSync(command, [...parameters, "-e", SCRIPT, path], {
    encoding: "utf8",
    timeout: 20_000,
  });
  if (status === 0 && Number(stdout) >= 104) return Number(stdout);
  return `can't be used (${signal ?? `exit ${status}`}): ${stderr.trim()}`;
}

// Makes three requests over one connection to examples/response-variant, which is the argument, in a network namespace
// of its own. Prints what the client got for each request, and the line of the example.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { createInterface } from "node:readline";

const [, , example = ""] = process.argv;
const PORT = 3000;
const server = spawn(process.execPath, [example], {
  env: { ...process.env, PORT: String(PORT) },
  stdio: ["ignore", "pipe", "pipe"],
});
const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
await once(server.stderr, "data");

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const report = [];
for (let request = 0; request < 3; request++) {
  const [response] = await once(get({ port: PORT, host: "127.0.0.1", agent }), "response");
  const begin = performance.now();
  let bytes = 0;
  for await (const chunk of response) bytes += chunk.length;
  const bytesPerSecond = (bytes / (performance.now() - begin)) * 1000;
  const { "server-timing": timing, "cache-control": cache } = response.headers;
  const { value } = await lines.next();
  report.push({
    bytes,
    bytesPerSecond,
    timing,
    cache,
    reused: response.req.reusedSocket,
    line: JSON.parse(value ?? "null"),
  });
}
console.log(JSON.stringify(report));
agent.destroy();
server.kill();

// examples/opentelemetry does as its README says.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../helpers/docs";
import { findFreePort, until } from "../helpers/servers";

test("a plain server has metrics and spans, and those of the exporter's server are told apart", async () => {
  const folder = join(root, "examples/opentelemetry");
  const [port, metricsPort] = [await findFreePort(), await findFreePort()];
  const child = spawn(process.execPath, ["--import", join(folder, "instrumentation.mjs"), join(folder, "server.mjs")], {
    env: { ...process.env, PORT: String(port), METRICS_PORT: String(metricsPort) },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (data: string) => (errors += data));
  const output = text(child.stdout);
  await until(() => errors.includes(`curl http://localhost:${port}\n`));
  expect(errors).toBe(`curl http://localhost:${metricsPort}/metrics\ncurl http://localhost:${port}\n`);
  for (let count = 0; count < 3; count++) {
    const response = await fetch(`http://localhost:${port}`, { headers: { Connection: "close" } });
    expect(await response.text()).toBe("ok\n");
  }
  const metrics = await (await fetch(`http://localhost:${metricsPort}/metrics`)).text();
  expect(metrics).toMatch(/^sockinfo_connection_opened_total\{sockinfo_connection_class="app",\S+\} 3$/m);
  expect(metrics).toMatch(/^sockinfo_connection_opened_total\{sockinfo_connection_class="metrics",\S+\} 1$/m);
  child.kill();
  const spans = await output;
  expect(spans.match(/'sockinfo\.connection\.requests': 1,/g)?.length).toBeGreaterThanOrEqual(3);
  if (process.platform === "linux") expect(spans).toMatch(/'sockinfo\.tcp\.rtt': [\d.e-]+,/);
});

// What `require("sockinfo/opentelemetry")` loads, and that it needs no package of OpenTelemetry.
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { entry, runNode } from "../helpers/child";

test("it loads the core and sockinfo/connections only, where OpenTelemetry is not installed", () => {
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-otel-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(entry, ".."), folder, { recursive: true });
  const script = `
    const { ConnectionInstrumentation, createSpanHooks } = require(${JSON.stringify(join(folder, "opentelemetry"))});
    new ConnectionInstrumentation().disable();
    createSpanHooks();
    console.log(Object.keys(require.cache).map((path) => path.slice(${folder.length + 1})).sort().join(" "));`;
  const loaded = "connections/bundle.js core.js index.js opentelemetry/bundle.js opentelemetry/index.js";
  expect(runNode(script, [], join(folder, "index.js"))).toMatchObject({ status: 0, stderr: "", stdout: loaded });
});

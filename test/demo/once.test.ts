// `npm run demo -- --once`, which needs no privilege.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../helpers/docs";
import { lacks } from "../helpers/needs";

test.skipIf(lacks("linux"))("prints two tables within 100 columns, ends, and leaves no file", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-once-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const child = spawn(process.execPath, ["--import", "tsx", "demo/demo.mts", "--once"], {
    cwd: root,
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output, [status]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  expect(status).toBe(0);
  const lines = output.split("\n");
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100);

  // The earlier responses and their headers are in the kernel's count. Some of them were sent twice.
  const rows = lines.filter((line) => line.includes("ESTABLISHED")).map((line) => line.trim().split(/ +/));
  expect(rows.map(([request]) => request)).toEqual(["/100", "/10000", "/1000000", "/5000000", "/100"]);
  const sent = rows.map((row) => Number(row[5]));
  for (const [index, bytes] of [0, 100, 10_100, 1_010_100, 6_010_100].entries()) {
    expect(sent[index]).toBeGreaterThanOrEqual(bytes);
    expect(sent[index]).toBeLessThan(bytes * 2 + 1000);
  }

  const peers = lines.slice(lines.findIndex((line) => line.includes("groups")) + 1).filter((line) => line !== "");
  expect(peers).toHaveLength(2);
  const [own, other] = peers.map((line) => line.trim().split(/ +/));
  expect(own?.slice(0, 3)).toEqual([process.getuid?.(), process.getgid?.(), child.pid].map(String));
  expect(other?.slice(0, 2)).toEqual(own?.slice(0, 2));
  expect(other?.[2]).not.toBe(own?.[2]);
  expect(readdirSync(folder).filter((name) => name.startsWith("sockinfo-"))).toEqual([]);
});

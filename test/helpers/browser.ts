// Opens a page in Chromium, which reports back to the server of the page.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** The browser is closed at the end of the test. It accepts any certificate. */
export function openInBrowser(url: string): void {
  const profile = mkdtempSync(join(tmpdir(), "sockinfo-browser-"));
  const browser = spawn(
    "chromium-headless-shell",
    [
      // Its sandbox refuses root, which the tests run as in containers.
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--ignore-certificate-errors",
      // Without a port for debugging, it would exit when the page is loaded.
      "--remote-debugging-port=0",
      `--user-data-dir=${profile}`,
      url,
    ],
    { stdio: "ignore", detached: true },
  );
  onTestFinished(async () => {
    const ended = new Promise((resolve) => browser.once("exit", resolve));
    // The whole group: the browser has several processes.
    if (browser.pid !== undefined && browser.exitCode === null) process.kill(-browser.pid, "SIGKILL");
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
  });
}

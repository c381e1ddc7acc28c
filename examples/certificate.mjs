// Makes a throw-away certificate for localhost, by the openssl command. Only for trying node-https.mjs.
// @ts-check
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "certificate-"));
const [keyPath, certPath] = [join(folder, "key.pem"), join(folder, "cert.pem")];
const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"];

execFileSync("openssl", [...request, "-keyout", keyPath, "-out", certPath], { stdio: "pipe" });

export const key = readFileSync(keyPath);
export const cert = readFileSync(certPath);
rmSync(folder, { recursive: true });

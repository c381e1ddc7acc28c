// Windows of recorded connections whose limits were made by test/diagnosis/diagnosis.mts: two readings, and the
// verdicts that are right, by what the path and the programs did.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeTcpInfo, diagnoseTcp, type LinuxTcpInfo, type TcpDiagnosis, type TcpVerdict } from "sockinfo";

interface Line {
  readonly kind: string;
  readonly congestionControl: string;
  readonly right: readonly TcpVerdict[];
  readonly intervalMs: number;
  readonly pendingBytes: number;
  readonly machine: { readonly kernelRelease: string; readonly endianness: "LE" | "BE" };
  readonly before: string;
  readonly after: string;
}

export interface Capture extends Pick<Line, "right" | "intervalMs" | "pendingBytes"> {
  /** `loss3.cubic`. */
  readonly name: string;
  readonly before: LinuxTcpInfo;
  readonly after: LinuxTcpInfo;
  /** The same connection on a kernel whose struct has so many bytes. */
  readonly cutTo: (length: number) => Capture;
}

function toCapture({ kind, congestionControl, right, intervalMs, pendingBytes, machine, ...bytes }: Line): Capture {
  const decode = (text: string, length: number) =>
    decodeTcpInfo(Buffer.from(text, "base64").subarray(0, length), "linux", machine);
  const cutTo = (length: number): Capture => ({
    name: `${kind}.${congestionControl}`,
    right,
    intervalMs,
    pendingBytes,
    before: decode(bytes.before, length),
    after: decode(bytes.after, length),
    cutTo,
  });
  return cutTo(Infinity);
}

export const captures: readonly Capture[] = readFileSync(join(import.meta.dirname, "captures.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => toCapture(JSON.parse(line) as Line));

export function captureOf(name: string): Capture {
  const found = captures.find((capture) => capture.name === name);
  if (!found) throw new Error(`no capture ${name}`);
  return found;
}

/** The capture with readings that are so far apart by the kernel's clocks. All else stays. */
export function apart(capture: Capture, ms: number): Capture {
  const reset = { sinceLastDataSentMs: 0, sinceLastDataReceivedMs: 0 };
  const grown = { sinceLastDataSentMs: ms, sinceLastDataReceivedMs: ms };
  return { ...capture, before: { ...capture.before, ...reset }, after: { ...capture.after, ...grown }, intervalMs: ms };
}

export function diagnose({ before, after, intervalMs, pendingBytes }: Capture): TcpDiagnosis {
  return diagnoseTcp(before, after, { intervalMs, pendingBytes });
}

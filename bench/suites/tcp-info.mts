// getTcpInfo and related functions on a connection whose HTTP request is being handled.
import { createTcpInfoReader, decodeTcpInfo, getTcpInfo, getTcpInfoBytes, tryGetTcpInfo } from "sockinfo";
import { fdOfSocket, loopTcpInfo } from "../compared/c-loop.mts";
import { decodeAllFields, decodeTenFields, decodeThreeFields } from "../compared/decode-by-hand.mts";
import { loadKoffi } from "../compared/koffi.mts";
import { isMissing, loadPackage } from "../compared/load.mts";
import { withLiveRequest, type LiveRequest } from "../connections/live-request.mts";
import { interleave, timed, type Variant } from "../measure/interleave.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { atMost, ratioRow, valueRow, type Limit, type Row, type Section } from "../report/section.mts";

const C_LOOP = "C loop: TCP_INFO";
const LIMITS: Readonly<Record<string, Limit>> = {
  "getTcpInfo(socket)": atMost(1.7),
  "getTcpInfo(req)": atMost(1.75),
  "reader of 3 fields(req)": atMost(1.4),
};

type Sockopt = { getsockopt(socket: unknown, level: number, name: number): number };

export function tcpInfo({ oneConnection }: SampleSize): Promise<Section> {
  return withLiveRequest(async (live) => {
    const others = comparedVariants(live);
    const variants = { [C_LOOP]: cLoop(live), ...ownVariants(live), ...others.variants };
    const samples = await interleave(variants, oneConnection);
    const base = { name: C_LOOP, samples: samples[C_LOOP] };
    const rows = Object.entries(samples).map(([name, times]): Row =>
      name === C_LOOP ? valueRow(name, times) : ratioRow(name, times, base, { limit: LIMITS[name] }),
    );
    return {
      title: "TCP_INFO of a live HTTP connection",
      about:
        "Time per call in an HTTP handler, on a keep-alive connection that has served a hundred requests. The C loop calls " +
        'getsockopt(TCP_INFO) on the same descriptor. "By hand" means that a DataView reads the fields from the bytes.',
      rows,
      notes: others.notes,
    };
  });
}

function cLoop({ socket }: LiveRequest): Variant {
  const fd = fdOfSocket(socket);
  return (calls) => loopTcpInfo(fd, calls);
}

function ownVariants({ req, res, socket }: LiveRequest): Record<string, Variant> {
  const fd = fdOfSocket(socket);
  const bytes = getTcpInfoBytes(socket);
  const readThree = createTcpInfoReader(["rttMs", "minRttMs", "retransmittedSegments"]);
  const readTen = createTcpInfoReader([
    "state",
    "rtoMs",
    "sndMssBytes",
    "rttMs",
    "rttVarMs",
    "sndSsthreshSegments",
    "sndCwndSegments",
    "retransmittedSegments",
    "bytesAcked",
    "bytesReceived",
  ]);
  return {
    "getTcpInfo(socket)": timed(() => getTcpInfo(socket)),
    "getTcpInfo(req)": timed(() => getTcpInfo(req)),
    "getTcpInfo(res)": timed(() => getTcpInfo(res)),
    "getTcpInfo(fd)": timed(() => getTcpInfo(fd)),
    "tryGetTcpInfo(req)": timed(() => tryGetTcpInfo(req)),
    "reader of 3 fields(socket)": timed(() => readThree(socket)),
    "reader of 3 fields(req)": timed(() => readThree(req)),
    "reader of 10 fields(req)": timed(() => readTen(req)),
    "getTcpInfoBytes(socket)": timed(() => getTcpInfoBytes(socket)),
    "decodeTcpInfo(bytes), no system call": timed(() => decodeTcpInfo(bytes, "linux")),
  };
}

function comparedVariants({ socket }: LiveRequest): { variants: Record<string, Variant>; notes: string[] } {
  const variants: Record<string, Variant> = {};
  const notes: string[] = [];
  const fd = fdOfSocket(socket);

  const read = loadKoffi();
  if (isMissing(read)) {
    notes.push(read.missing);
  } else {
    variants["koffi 3.3.4: getsockopt, 3 fields by hand"] = timed(() => decodeThreeFields(read(fd)));
    variants["koffi 3.3.4: getsockopt, 10 fields by hand"] = timed(() => decodeTenFields(read(fd)));
    if (read(fd).byteLength >= 280) {
      variants["koffi 3.3.4: getsockopt, all fields by hand"] = timed(() => decodeAllFields(read(fd)));
    } else {
      notes.push("koffi with all fields is left out: this kernel's struct is shorter than that of Linux 6.18.");
    }
  }

  const sockopt = loadPackage<Sockopt>("sockopt");
  if (isMissing(sockopt)) {
    notes.push(sockopt.missing);
  } else {
    variants["sockopt 2.0.1: getsockopt, 4 bytes only"] = timed(() => sockopt.getsockopt(socket, 6, 11));
    const answer = sockopt.getsockopt(socket, 6, 11);
    notes.push(
      `sockopt 2.0.1 reads one int, so it returns the first 4 bytes of TCP_INFO (here the number ${answer}) and no more. ` +
        "It was built from source here, because the Linux binary in its package is one for macOS.",
    );
  }
  return { variants, notes };
}

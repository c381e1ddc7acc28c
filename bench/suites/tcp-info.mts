// getTcpInfo and its kin on a connection whose HTTP request is being handled, against the C loop over TCP_INFO.
import { decodeTcpInfo, getTcpInfo, getTcpInfoBytes, tryGetTcpInfo } from "sockinfo";
import { loopTcpInfo } from "../compared/c-loop.mts";
import { decodeAllFields, decodeTenFields } from "../compared/decode-by-hand.mts";
import { loadKoffi } from "../compared/koffi.mts";
import { isMissing, loadPackage } from "../compared/load.mts";
import { fdOfSocket } from "../connections/unix-server.mts";
import { withLiveRequest, type LiveRequest } from "../connections/live-request.mts";
import type { Effort } from "../measure/effort.mts";
import { interleave, timed, type Variant } from "../measure/interleave.mts";
import { ratioRow, timeRow, type Row, type Section } from "../report/section.mts";

const FLOOR = "C loop: TCP_INFO";
const LIMITS: Readonly<Record<string, number>> = { "getTcpInfo(socket)": 1.35, "getTcpInfo(req)": 1.45 };

type Sockopt = { getsockopt(socket: unknown, level: number, name: number): number };

export function tcpInfo(effort: Effort): Promise<Section> {
  return withLiveRequest(async (live) => {
    const others = comparedVariants(live);
    const samples = interleave({ [FLOOR]: cLoop(live), ...ownVariants(live), ...others.variants }, effort.hot);
    const floor = { name: FLOOR, samples: samples[FLOOR] };
    const rows = Object.entries(samples).map(([name, times]): Row =>
      name === FLOOR ? timeRow(name, times) : ratioRow(name, times, floor, LIMITS[name]),
    );
    return { title: "TCP_INFO of a live HTTP connection", rows, notes: others.notes };
  });
}

function cLoop({ socket }: LiveRequest): Variant {
  const fd = fdOfSocket(socket);
  return (calls) => loopTcpInfo(fd, calls);
}

function ownVariants({ req, res, socket }: LiveRequest): Record<string, Variant> {
  const fd = fdOfSocket(socket);
  const bytes = getTcpInfoBytes(socket);
  return {
    "getTcpInfo(socket)": timed(() => getTcpInfo(socket)),
    "getTcpInfo(req)": timed(() => getTcpInfo(req)),
    "getTcpInfo(res)": timed(() => getTcpInfo(res)),
    "getTcpInfo(fd)": timed(() => getTcpInfo(fd)),
    "tryGetTcpInfo(req)": timed(() => tryGetTcpInfo(req)),
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
      `sockopt 2.0.1 reads one int: of TCP_INFO it gives the first 4 bytes (here the number ${answer}), no more. ` +
        "Built from source here, because the Linux binary that it publishes is one for macOS.",
    );
  }
  return { variants, notes };
}

// Prints the tables of `npm run demo -- --once`, within 100 columns.
import type { PeerCredentials, TcpInfo } from "sockinfo";

const show = (value: string | number | undefined): string =>
  value === undefined ? "–" : value === Infinity ? "no limit" : String(value);

/** Prints titles and rows in right-aligned columns. Titles may have several lines. */
function print(titles: string[], rows: (string | number | undefined)[][]): void {
  const titleLines = titles.map((title) => title.split("\n"));
  const height = Math.max(...titleLines.map(({ length }) => length));
  const heads = Array.from({ length: height }, (_, line) =>
    titleLines.map((lines) => lines[line - height + lines.length] ?? ""),
  );
  const cells = [...heads, ...rows.map((row) => row.map(show))];
  const widths = titles.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  for (const row of cells) console.log("  " + row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  "));
}

export function printTcpTable(requests: { path: string; info: TcpInfo }[]): void {
  print(
    [
      "request",
      "state",
      "rttMs",
      "minRttMs",
      "sndCwnd\nBytes",
      "bytes\nSent",
      "bytes\nReceived",
      "retransmitted\nSegments",
      "delivery\nRate MB/s",
    ],
    requests.map(({ path, info }) => [
      path,
      info.state,
      info.rttMs,
      info.platform === "linux" ? info.minRttMs : undefined,
      info.sndCwndBytes,
      info.bytesSent,
      info.bytesReceived,
      info.retransmittedSegments,
      info.platform === "linux" && info.deliveryRateBytesPerSecond
        ? Math.round(info.deliveryRateBytesPerSecond / 1e6)
        : undefined,
    ]),
  );
}

export function printPeerTable(peers: PeerCredentials[]): void {
  print(
    ["uid", "gid", "pid", "groups"],
    peers.map(({ uid, gid, pid, groups }) => [uid, gid, pid, groups?.join(" ") || "none"]),
  );
}

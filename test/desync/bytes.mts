// Makes what a client sends: requests that parsers read differently, in any combination, and the setup of the server.
import { HIJACKING, ORDINARY } from "./handlers.mts";
import type { Random } from "../helpers/random.ts";
import { randomFrom } from "./seeds.mts";

/** How the server is set up, apart from hijacking. */
export interface Setup {
  readonly upgradeListener: boolean;
  readonly connectListener: boolean;
  readonly continueListener: boolean;
  readonly maxHeadersCount: number | undefined;
  readonly maxRequestsPerSocket: number;
  readonly insecureHTTPParser: boolean;
  readonly httpAllowHalfOpen: boolean;
}

export interface Message {
  readonly bytes: Buffer;
  readonly setup: Setup;
}

const SMUGGLED = "DELETE /do-answer/smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
const DATA = ["", "a", "hello", "\r\n", "\n\n", "0\r\n\r\n", "\0\xff\r", SMUGGLED, `\r\n${SMUGGLED}`];
const METHODS = ["GET", "GET", "GET", "POST", "POST", "POST", "HEAD", "PUT", "OPTIONS", "M-SEARCH", "get", "BREW"];
const VERSIONS = ["HTTP/1.1", "HTTP/1.0", "HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/1.1 ", "http/1.1", "HTTP/1.12", ""];
const LENGTHS = [
  "+5",
  "05",
  "5, 5",
  "5 5",
  " 5\t",
  "0x5",
  "-1",
  "",
  "5e0",
  "99999999999999999999",
  "18446744073709551617",
];
const CODINGS = [
  "Transfer-Encoding: chunked\t",
  "Transfer-Encoding:\tchunked",
  "Transfer-Encoding:chunked ",
  "transfer-encoding: CHUNKED",
  "Transfer-Encoding: gzip, chunked",
  "Transfer-Encoding: chunked, gzip",
  "Transfer-Encoding: chunked, chunked",
  "Transfer-Encoding: identity",
  "Transfer-Encoding: xchunked",
  "Transfer-Encoding: chunked;q=1",
  "Transfer-Encoding : chunked",
  "Transfer-Encoding:\x0bchunked",
  "Transfer-Encoding:\r\n chunked",
  "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
  "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
];
const ODD_HEADERS = [
  "Folded: a\r\n b",
  "Folded: a\r\n\tContent-Length: 5",
  "Bare: a\rb",
  "Bare: a\nContent-Length: 5",
  "Bare: a\r",
  "Nul: a\0b",
  "Tab:\ta\t",
  "Empty:",
  "No colon",
  ": no name",
  "Space : a",
  "Latin: \xe9",
  "Host: b",
  "Connection: close, keep-alive",
  "Connection: Upgrade",
  "Upgrade: x",
  "Expect: 200-maybe",
  "Trailer: T",
  "Proxy-Connection: close",
];
const SIZES = [";a=b", ';a="\\";b"', ";", " ", "\t;a", ";a\rb", ";a\nb", "h"];
const TRAILERS = ["T: 1\r\n", "T: 1\r\n 2\r\n", "Content-Length: 5\r\n", "T\r\n", "T: 1\n", `X: ${SMUGGLED}`];
const BEFORE = ["\r\n", "\n", "\r", "\r\n\r\n\r\n", " ", "\0"];
const AFTER = [
  "\n",
  "\r\n",
  "x",
  "foo\r\n\r\n",
  "\0\x01\x02",
  "\x16\x03\x01\x02",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "GET / HT",
];

export function makeMessage(seed: number, number: number): Message {
  const random = randomFrom(seed, number, 0);
  const handlers = random.oneIn(2) ? ORDINARY : [...ORDINARY, ...HIJACKING, ...HIJACKING];
  // Most pieces are correct, so that the parser reaches the others. Some messages are correct as a whole.
  const oddity = random.pick([8, 20, 60, 1e9]);
  let text = "";
  for (let rest = 1 + random.below(4); rest > 0; rest--) text += requestText(random, handlers, oddity);
  if (random.oneIn(2)) text += random.pick(AFTER);
  return { bytes: Buffer.from(text, "latin1"), setup: makeSetup(random) };
}

function makeSetup(random: Random): Setup {
  return {
    upgradeListener: random.oneIn(3),
    connectListener: random.oneIn(3),
    continueListener: random.oneIn(4),
    maxHeadersCount: random.oneIn(3) ? 4 : undefined,
    maxRequestsPerSocket: random.oneIn(10) ? 2 : 0,
    insecureHTTPParser: random.oneIn(8),
    httpAllowHalfOpen: random.oneIn(8),
  };
}

function requestText(random: Random, handlers: readonly string[], oddity: number): string {
  const isOdd = () => random.oneIn(oddity);
  const handler = random.pick(handlers);
  const isConnect = random.oneIn(10);
  const method = isConnect ? "CONNECT" : random.pick(isOdd() ? METHODS : METHODS.slice(0, 9));
  const target = isConnect ? `do-${handler}.test:80` : `${random.oneIn(8) ? "http://a" : ""}/do-${handler}`;
  const { header, body } = framed(random, isOdd);
  const headers = [random.oneIn(30) ? "" : "Host: a", header, ...purposes(random)];
  if (isOdd()) headers.push(random.pick(ODD_HEADERS));
  if (random.oneIn(6)) headers.splice(random.below(2), 0, ...Array.from({ length: fieldCount(random) }, () => "x:1"));
  const lines = [`${method} ${target} ${isOdd() ? random.pick(VERSIONS) : "HTTP/1.1"}`, ...headers.filter(Boolean), ""];
  const bareAt = isOdd() ? random.below(lines.length) : -1;
  const head = lines.map((line, index) => line + (index === bareAt ? random.pick(["\n", "\r"]) : "\r\n")).join("");
  return (random.oneIn(8) ? random.pick(BEFORE.slice(0, 2)) : isOdd() ? random.pick(BEFORE) : "") + head + body;
}

/** Near `maxHeadersCount`, or more than the parser passes on in one call. */
function fieldCount(random: Random): number {
  return random.oneIn(4) ? 29 + random.below(5) : 1 + random.below(4);
}

function purposes(random: Random): string[] {
  const headers: string[] = [];
  if (random.oneIn(5)) headers.push("Connection: Upgrade", "Upgrade: x");
  if (random.oneIn(8)) headers.push("Expect: 100-continue");
  if (random.oneIn(10)) headers.push(random.pick(["Connection: close", "Connection: keep-alive"]));
  return headers;
}

function framed(random: Random, isOdd: () => boolean): { header: string; body: string } {
  const data = random.pick(DATA);
  const length = `Content-Length: ${data.length}`;
  const chunked = "Transfer-Encoding: chunked";
  if (isOdd()) {
    const pair = random.pick([
      [length, length],
      [length, "Content-Length: 3"],
      [length, chunked],
      [chunked, length],
      ["Content-Length: 0", chunked],
    ]);
    return { header: pair.join("\r\n"), body: random.oneIn(2) ? data : chunks(random, data, isOdd) };
  }
  if (isOdd()) return { header: `Content-Length: ${random.pick(LENGTHS)}`, body: random.pick(["hello", data]) };
  if (isOdd()) return { header: random.pick(CODINGS), body: chunks(random, data, isOdd) };
  // Longer or shorter than announced.
  if (isOdd()) return { header: `Content-Length: ${random.below(9)}`, body: data };
  if (random.oneIn(3)) return { header: length, body: data };
  if (random.oneIn(2)) return { header: chunked, body: chunks(random, data, isOdd) };
  return { header: "", body: "" };
}

function chunks(random: Random, data: string, isOdd: () => boolean): string {
  const cut = random.below(data.length + 1);
  let text = "";
  for (const part of [data.slice(0, cut), data.slice(cut)]) {
    if (part)
      text += `${size(random, part.length, isOdd)}\r\n${part}${isOdd() ? random.pick(["", "\n", "\r", "x"]) : "\r\n"}`;
  }
  if (isOdd()) return text;
  const trailers = random.oneIn(6) ? random.pick(TRAILERS.slice(0, isOdd() ? TRAILERS.length : 1)) : "";
  return `${text}${size(random, 0, isOdd)}\r\n${trailers}\r\n`;
}

function size(random: Random, length: number, isOdd: () => boolean): string {
  const hex = length.toString(16);
  if (isOdd()) return random.pick([`0x${hex}`, `+${hex}`, `-${hex}`, ` ${hex}`, "fffffffffffffffff", `${hex}.`, ""]);
  if (isOdd()) return hex + random.pick(SIZES);
  return (
    random.pick([hex, hex, hex.toUpperCase(), `000${hex}`]) + (random.oneIn(8) ? random.pick(SIZES.slice(0, 2)) : "")
  );
}

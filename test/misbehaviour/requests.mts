// What clients send: requests of every form, and bytes that are no request.
import type { Choices } from "./life.mts";
import { note } from "./story.mts";

const FORMS = {
  simple: 8,
  length: 4,
  chunked: 3,
  upgrade: 4,
  connect: 1,
  expect: 2,
  last: 2,
  old: 1,
  half: 1,
  garbage: 1,
};

/** Bytes that come after a request, or instead of one. */
const EXTRAS = ["\n", "\r\n", "G", "GET", "0\r\n\r\n", "\0", "hello", "\x16\x03\x01\x02"];

export function makeBytes(random: Choices): string {
  const count = random.chance(0.2) ? 2 + random.below(3) : 1;
  let text = Array.from({ length: count }, () => makeRequest(random)).join("");
  if (random.chance(0.3)) text += random.pick(EXTRAS);
  return text;
}

function makeRequest(random: Choices): string {
  const body = "b".repeat(1 + random.below(random.chance(0.1) ? 100_000 : 20));
  const form = random.weighted(FORMS);
  note(random.connection, `(${form})`);
  switch (form) {
    case "length":
      return head(random, `Content-Length: ${body.length}`) + cut(random, body);
    case "chunked":
      return (
        head(random, "Transfer-Encoding: chunked") + cut(random, `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`)
      );
    case "upgrade":
      return head(random, "Connection: Upgrade", "Upgrade: x");
    case "connect":
      return "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n";
    case "expect":
      return head(random, "Expect: 100-continue", `Content-Length: ${body.length}`) + cut(random, body);
    case "last":
      return head(random, "Connection: close");
    case "old":
      return head(random).replace("HTTP/1.1", "HTTP/1.0");
    case "half":
      return head(random).slice(0, random.below(30));
    case "garbage":
      return random.bytes(random.below(50)).toString("latin1");
    default:
      return head(random);
  }
}

function head(random: Choices, ...headers: string[]): string {
  const first = `${random.pick(["GET", "POST"])} ${pathOf(random)} HTTP/1.1`;
  return [first, "Host: a", ...headers, "\r\n"].join("\r\n");
}

/** Has the number of the connection, and the seed for what the handler does. */
export function pathOf(random: Choices): string {
  return `/?connection=${random.connection}&act=${random.below(2 ** 32)}`;
}

/** Mostly all of it. */
function cut(random: Choices, body: string): string {
  return random.chance(0.2) ? body.slice(0, random.below(body.length)) : body;
}

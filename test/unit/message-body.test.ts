// Decoding of a body against Node's own parser: the same data, the same trailers, the same end, the same bytes refused.
import * as fc from "fast-check";
import { type IncomingMessage, maxHeaderSize } from "node:http";
import { describe, expect, test } from "vitest";
import { type Framing, framingOf, MessageBody } from "../../src/hijack/message-body";
import { type Message, messages, segmentsOf } from "../helpers/chunked-messages";
import { NodeParser, type Outcome, outcomeOfNode } from "../helpers/node-parser";

const LIMITS = { maxTrailerBytes: maxHeaderSize, maxTrailerPairs: 2000 };
const CHUNKED: Framing = { kind: "chunked" };
const HEADERS = "POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n";

function bytesOf(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

const headersOf = (...fields: string[]) => ["POST / HTTP/1.1", "Host: here", ...fields, "\r\n"].join("\r\n");

/** Since CVE-2026-58044 a request is refused that has more headers than Node keeps; older versions leave out what is more. */
const moreHeaders = headersOf(...Array.from({ length: 1000 }, () => "a:"), "Transfer-Encoding: chunked");
const refusesMoreHeaders = isRefused(moreHeaders);

function isRefused(headers: string): boolean {
  const parser = new NodeParser();
  parser.feed(bytesOf(headers));
  parser.close();
  return parser.code !== undefined;
}

function outcomeOf(segments: readonly Uint8Array[], framing = CHUNKED, limits = LIMITS): Outcome {
  const body = new MessageBody(framing, limits);
  let [data, endsAt, before]: [string, number | undefined, number] = ["", body.isComplete ? 0 : undefined, 0];
  for (const segment of segments) {
    const read = body.read(segment, (piece) => (data += Buffer.from(piece).toString("latin1")));
    if (typeof read !== "number") {
      return { data, rawTrailers: [], endsAt, refusedAt: before + read.bytesParsed, code: read.code };
    }
    if (body.isComplete) endsAt ??= before + read;
    else expect(read).toBe(segment.length);
    before += segment.length;
  }
  const rawTrailers = body.isComplete ? body.rawTrailers : [];
  return { data, rawTrailers, endsAt, refusedAt: undefined, code: undefined };
}

/** The only difference: a forbidden Transfer-Encoding is refused at its colon, and by Node when its value begins or ends. */
function expectAsNode(segments: readonly Uint8Array[], hint = ""): void {
  const ours = outcomeOf(segments);
  const ofNode = outcomeOfNode(HEADERS, Buffer.concat(segments));
  const isLate = ours.code === "HPE_INVALID_TRANSFER_ENCODING" && ofNode.endsAt === undefined;
  const { code, refusedAt } = isLate ? ofNode : ours;
  expect({ ...ours, code, refusedAt }, hint).toEqual(ofNode);
}

/** All that any state of a parser tells from others, and some that none does. */
const TELLING = Array.from("\0\b\t\n\v\r\u{1f} !\"'(,-/09:;=@AFGZ[\\^_`afgz{|}~\u{7f}\u{80}\u{ff}htHT");
const ALL = Array.from({ length: 256 }, (_, octet) => String.fromCodePoint(octet));

describe("each byte in each place", () => {
  test.each([
    ['1;a=b;c="d\\e"\r\nX\r\n0\r\nT: v w\t\r\nUu:\t\r\n\r\nGE', ALL],
    ["a;;=\r\n0123456789\r\n2\r\n\r\n\r\n0;q\r\n\r\nX", TELLING],
    ["0\r\nConnection: close\r\nContent-Lengt: 1\r\n\r\n", TELLING],
    ["0\r\nTransfer-Encodin: 1\r\n\r\n", TELLING],
  ])("of %j", (sample, octets) => {
    const texts: string[] = [];
    for (let at = 0; at <= sample.length; at += 1) {
      const [before, from, behind] = [sample.slice(0, at), sample.slice(at), sample.slice(at + 1)];
      texts.push(before + behind);
      texts.push(...octets.map((octet) => before + octet + behind), ...TELLING.map((octet) => before + octet + from));
    }
    for (const text of new Set(texts)) expectAsNode([bytesOf(text)], JSON.stringify(text));
  });
});

describe("messages by chance", () => {
  const cuts = fc.array(fc.nat(), { maxLength: 8 });

  test("well-formed: in any segments, with a request behind, which begins where Node begins it", () => {
    const next = bytesOf("GET /next HTTP/1.1\r\nHost: here\r\n\r\n");
    const check = ({ raw, data, rawTrailers }: Message, places: number[]) => {
      const segments = segmentsOf(Buffer.concat([raw, next]), places);
      expect(outcomeOf(segments)).toMatchObject({ data: data.toString("latin1"), rawTrailers, endsAt: raw.length });
      const parser = new NodeParser();
      for (const segment of [bytesOf(HEADERS), ...segments]) parser.feed(segment);
      expect([parser.code, ...parser.requests.map(({ url }) => url)]).toEqual([undefined, "/", "/next"]);
      expect(parser.requests[0]!.rawTrailers).toEqual(rawTrailers);
      parser.close();
    };
    fc.assert(fc.property(messages, cuts, check), { numRuns: 300 });
  });

  test("with bytes changed, left out and put in", () => {
    const bytes = fc.oneof(
      fc.constantFrom(...Array.from('\r\n\t ;:="\\0aF\0\u{7f}\u{80}\u{ff}')),
      fc.constantFrom("\r\n", "\r\n\r\n", "0\r\n\r\n"),
    );
    const changes = fc.array(fc.record({ at: fc.nat(), drop: fc.nat(2), put: fc.oneof(bytes, fc.constant("")) }), {
      maxLength: 3,
    });
    const check = ({ raw }: Message, all: { at: number; drop: number; put: string }[], places: number[]) => {
      let text = raw.toString("latin1");
      for (const { at, drop, put } of all) {
        const place = at % (text.length + 1);
        text = text.slice(0, place) + put + text.slice(place + drop);
      }
      expectAsNode(segmentsOf(bytesOf(text), places), JSON.stringify(text));
    };
    fc.assert(fc.property(messages, changes, cuts, check), { numRuns: 800 });
  });

  test("a byte at a time", () => {
    const check = ({ raw }: Message) => expectAsNode(Array.from(raw, (byte) => Uint8Array.of(byte)));
    fc.assert(fc.property(messages, check), { numRuns: 300 });
  });

  test("garbage", () => {
    const check = (garbage: Uint8Array) => expectAsNode([garbage]);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), check), { numRuns: 300 });
  });
});

describe("limits", () => {
  test.each([
    ["a size of 64 bits", "ffffffffffffffff\r\n"],
    ["a size of 65 bits", "10000000000000000\r\n"],
    ["a size of 68 bits", "fffffffffffffffff\r\n"],
    ["zeros before a size", `${"0".repeat(5000)}1\r\nX\r\n0\r\n\r\n`],
    ["a name of 16 KiB", `1;${"n".repeat(16_384)}\r\nX\r\n0\r\n\r\n`],
    ["a name of a byte more", `1;${"n".repeat(16_385)}\r\nX\r\n0\r\n\r\n`],
    ["names and values of 16 KiB", `1;${"n=v;".repeat(8190)}n="v"\r\nX\r\n0\r\n\r\n`],
    ["names and values of a byte more", `1;${"n=v;".repeat(8190)}nn="vv"\r\nX\r\n0\r\n\r\n`],
    ["extensions of two chunks", `1;${"n".repeat(16_000)}\r\nX\r\n1;${"n".repeat(16_000)}\r\nX\r\n0\r\n\r\n`],
    ["trailers just below", `0\r\n1234:  ${"v".repeat(maxHeaderSize - 5)}\r\n\r\n`],
    ["trailers at the limit", `0\r\n1234:  ${"v".repeat(maxHeaderSize - 4)}\r\n\r\n`],
    ["spaces behind a value count", `0\r\n1234: v${" ".repeat(maxHeaderSize - 5)}\r\n\r\n`],
    ["spaces before a value do not", `0\r\n1234:${" ".repeat(maxHeaderSize)}v\r\n\r\n`],
    ["a hundred trailers", `0\r\n${"a: b\r\n".repeat(100)}\r\n`],
  ])("%s", (_, text) => expectAsNode([bytesOf(text)]));

  test.each([199, 200])("trailers of %i bytes where 200 are too many", (length) => {
    const body = bytesOf(`0\r\na: ${"v".repeat(length - 1)}\r\n\r\n`);
    const limits = { ...LIMITS, maxTrailerBytes: 200 };
    expect(outcomeOf([body], CHUNKED, limits)).toEqual(outcomeOfNode(HEADERS, body, { maxHeaderSize: 200 }));
  });

  test("as many trailers as headers are allowed, and one more", () => {
    const bodyOf = (count: number) => bytesOf(`0\r\n${"a: b\r\n".repeat(count)}\r\n`);
    expectAsNode([bodyOf(1000)]);
    expect(outcomeOf([bodyOf(1001)])).toEqual(
      refusesMoreHeaders
        ? outcomeOfNode(HEADERS, bodyOf(1001))
        : {
            data: "",
            rawTrailers: [],
            endsAt: undefined,
            refusedAt: bodyOf(1000).length - 2,
            code: "HPE_HEADER_OVERFLOW",
          },
    );
  });

  test("trailers of a byte, within a large limit", () => {
    const limits = { maxTrailerBytes: 100_000, maxTrailerPairs: 0 };
    const { code, rawTrailers } = outcomeOf([bytesOf(`0\r\n${"a:\r\n".repeat(99_999)}\r\n`)], CHUNKED, limits);
    expect([code, rawTrailers.length]).toEqual([undefined, 199_998]);
  });

  test.each([
    ["zeros", "0".repeat(200_000)],
    ["semicolons", `1${";".repeat(200_000)}`],
    ["spaces", `0\r\na:${" ".repeat(200_000)}`],
  ])("%s without an end, which Node takes, are refused", (_, text) => {
    expect(outcomeOfNode(HEADERS, bytesOf(text)).code).toBeUndefined();
    expect(outcomeOf([bytesOf(text)]).code).toBe("HPE_HEADER_OVERFLOW");
  });
});

describe("framingOf", () => {
  function requestOf(headers: string): IncomingMessage {
    const parser = new NodeParser();
    parser.feed(bytesOf(headers));
    parser.close();
    return parser.requests[0]!;
  }

  const chunks = bytesOf("5\r\nhello\r\n0\r\n\r\nGET");

  test.each([
    ["Content-Length: 0"],
    ["Content-Length: 5"],
    ["content-length:  007 "],
    ["Transfer-Encoding: chunked"],
    ["TRANSFER-ENCODING:  CHUNKED  "],
    ["Transfer-Encoding: gzip,\tChunked"],
    ["Transfer-Encoding: gzip,,chunked"],
    ['Transfer-Encoding: x;q="a, chunked'],
    ["Transfer-Encoding: chunked x, chunked"],
    ["Transfer-Encoding: gzip", "Transfer-Encoding: chunked"],
    ["Content-Length: 3", "X: Transfer-Encoding", "chunked: x"],
    ["Connection: close", "X-Transfer-Encoding: chunked", "Content-Length: 3"],
  ])("%s: the body ends where it ends for Node", (...fields) => {
    const headers = headersOf(...fields);
    const { endsAt, data } = outcomeOfNode(headers, chunks);
    expect(endsAt).toBeDefined();
    expect(outcomeOf([chunks], framingOf(requestOf(headers), 2000))).toMatchObject({ endsAt, data });
  });

  test.each(["gzip", "chunkedx", "xchunked", "chunked;q=1", "identity"])(
    "Transfer-Encoding: %s is left to Node, which refuses it",
    (coding) => {
      const headers = headersOf(`Transfer-Encoding: ${coding}`);
      expect(outcomeOfNode(headers, chunks).code).toBe("HPE_INVALID_TRANSFER_ENCODING");
      expect(framingOf(requestOf(headers), 2000)).toBeUndefined();
    },
  );

  test.skipIf(refusesMoreHeaders)(
    "a request is left to Node if headers were left out: one of them frames the body",
    () => {
      const request = requestOf(moreHeaders);
      expect(request.headers["transfer-encoding"]).toBeUndefined();
      expect(outcomeOfNode(moreHeaders, chunks)).toMatchObject({ data: "hello", endsAt: chunks.length - 3 });
      expect(framingOf(request, 2000)).toBeUndefined();
    },
  );

  test("without a limit all headers are there", () => {
    const rawHeaders = ["a", "b", "transfer-encoding", "chunked"];
    expect(framingOf({ method: "POST", rawHeaders }, 0)).toEqual(CHUNKED);
    expect(framingOf({ method: "POST", rawHeaders }, 4)).toBeUndefined();
  });

  test("CONNECT has no body, whatever its headers say", () => {
    const rawHeaders = ["Content-Length", "5"];
    expect(framingOf({ method: "CONNECT", rawHeaders }, 2000)).toEqual({ kind: "length", lengthBytes: 0 });
  });
});

test("a connection that ends before the body does", () => {
  const body = new MessageBody(CHUNKED, LIMITS);
  body.read(bytesOf("5\r\nhello\r\n0\r\n\r"), () => {});
  expect(body.end()).toMatchObject({ code: "HPE_INVALID_EOF_STATE", message: "Parse Error: Invalid EOF state" });
  body.read(bytesOf("\n"), () => {});
  expect(body.end()).toBeUndefined();
});

// Chunked bodies by chance, with what they mean.
import * as fc from "fast-check";

export interface Message {
  /** As it comes, from the first chunk's size to the last CRLF. */
  readonly raw: Buffer;
  readonly data: Buffer;
  /** Where each byte of the data is in `raw`. */
  readonly places: readonly number[];
  readonly rawTrailers: readonly string[];
}

const token = fc.string({ unit: fc.constantFrom(...Array.from("azAZ09!#$%&'*+-.^_`|~")), minLength: 1, maxLength: 6 });
const content = fc.string({ unit: fc.constantFrom(...Array.from('a \t;,:="\\(\u{80}\u{ff}')), maxLength: 8 });
const quoted = content.map((text) => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`);
const extension = fc.tuple(
  fc.oneof(token, fc.constant("")),
  fc.option(fc.oneof(token, quoted, fc.constant("")), { nil: undefined }),
);

/** An empty one may not be the last. */
const extensions = fc.array(extension, { maxLength: 3 }).map((all) => {
  const text = all.map(([name, value]) => (value === undefined ? `;${name}` : `;${name}=${value}`)).join("");
  return text.endsWith(";") ? `${text}x` : text;
});

const size = fc.record({ zeros: fc.nat(3), isUpper: fc.boolean() });
const chunk = fc.record({ data: fc.uint8Array({ minLength: 1, maxLength: 40 }), size, extensions });
const field = fc.record({
  name: token,
  before: fc.constantFrom("", " ", "\t "),
  value: content,
  behind: fc.constantFrom("", " \t"),
});

export const messages: fc.Arbitrary<Message> = fc
  .record({
    chunks: fc.array(chunk, { maxLength: 6 }),
    last: fc.record({ data: fc.constant(new Uint8Array()), size, extensions }),
    trailers: fc.array(field, { maxLength: 40, size: "-1" }),
  })
  .map(({ chunks, last, trailers }) => {
    let raw = "";
    const places: number[] = [];
    for (const {
      data,
      size: { zeros, isUpper },
      extensions: text,
    } of [...chunks, last]) {
      const digits = data.length.toString(16);
      raw += `${"0".repeat(zeros)}${isUpper ? digits.toUpperCase() : digits}${text}\r\n`;
      for (const index of data.keys()) places.push(raw.length + index);
      raw += Buffer.from(data).toString("latin1") + (data.length > 0 ? "\r\n" : "");
    }
    raw += trailers.map(({ name, before, value, behind }) => `${name}:${before}${value}${behind}\r\n`).join("");
    return {
      raw: Buffer.from(`${raw}\r\n`, "latin1"),
      data: Buffer.concat(chunks.map(({ data }) => data)),
      places,
      rawTrailers: trailers.flatMap(({ name, value }) => [name, value.replaceAll(/^[\t ]+|[\t ]+$/g, "")]),
    };
  });

/** The same bytes, cut at some places. */
export function segmentsOf(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [...ends, bytes.length].map((end, nth) => bytes.subarray(ends[nth - 1] ?? 0, end));
}

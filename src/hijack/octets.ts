// The sets of octets of RFC 9110 and 9112, as llhttp has them. Used by chunk-line.ts and trailer-section.ts.

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const QUOTE = 0x22;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const EQUALS = 0x3d;
export const BACKSLASH = 0x5c;

/** `token`: names of fields, and of chunk extensions. */
export const isToken: readonly boolean[] = octets((text) => /[\w!#$%&'*+.^`|~-]/.test(text));

/** What the value of a field is made of, and what a backslash may quote. */
export const isFieldContent: readonly boolean[] = octets((text) => /[\t\u{20}-\u{7e}\u{80}-\u{ff}]/u.test(text));

/** `qdtext`: what stands between quotes. */
export const isQuotedText: readonly boolean[] = octets(
  (text) => /[\t\u{20}-\u{7e}\u{80}-\u{ff}]/u.test(text) && !/["\\]/.test(text),
);

/** The value of a hexadecimal digit, `undefined` for anything else. */
export const hexDigit: readonly (number | undefined)[] = Array.from({ length: 256 }, (_, octet) => {
  const text = String.fromCodePoint(octet);
  return /[\da-f]/i.test(text) ? Number.parseInt(text, 16) : undefined;
});

function octets(has: (text: string) => boolean): boolean[] {
  return Array.from({ length: 256 }, (_, octet) => has(String.fromCodePoint(octet)));
}

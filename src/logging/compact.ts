// Makes an object small enough for a log line, and safe for JSON.

/** A copy with at most three decimals, and without the values that JSON can't hold: `undefined`, `NaN`, `Infinity`. */
export function compact<T extends object>(values: { readonly [Key in keyof T]: T[Key] | undefined }): T {
  const known: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(values)) {
    if (isKnown(value)) known[key] = shorten(value);
  }
  return known as T;
}

function isKnown(value: unknown): boolean {
  return value !== undefined && (typeof value !== "number" || Number.isFinite(value));
}

/** Three decimals of a millisecond are microseconds, the finest unit of the kernel. */
function shorten(value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Math.round(value * 1000) / 1000 : value;
}

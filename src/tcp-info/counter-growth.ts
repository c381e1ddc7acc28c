// How far a counter of TCP_INFO has grown between two readings, in the width that it has in the kernel. `undefined`
// if one reading lacks it, or if it went backwards.

type Counter = number | undefined;

export function growth16(before: Counter, after: Counter): Counter {
  return before === undefined || after === undefined ? undefined : upToHalf((after - before) & 0xffff, 2 ** 15);
}

export function growth32(before: Counter, after: Counter): Counter {
  return before === undefined || after === undefined ? undefined : upToHalf((after - before) >>> 0, 2 ** 31);
}

/** `undefined` for a growth of half the range or more, which means that the counter went backwards. */
function upToHalf(growth: number, half: number): Counter {
  return growth < half ? growth : undefined;
}

/** Exact up to 2^53, which no counter reaches. */
export function growth64(before: Counter, after: Counter): Counter {
  return before === undefined || after === undefined || after < before ? undefined : after - before;
}

/**
 * For 64-bit counters of microseconds. TcpInfo has them in milliseconds, and a difference of those is not exact in the
 * third decimal.
 */
export function growthOfMicroseconds(before: Counter, after: Counter): Counter {
  const growth = growth64(before, after);
  return growth === undefined ? undefined : Math.round(growth * 1000) / 1000;
}

// The monotonic clock, in milliseconds. The global `performance` is a getter, which is called only once here.
let own: typeof performance | undefined;

export function nowMs(): number {
  return (own ??= performance).now();
}

// The monotonic clock, in milliseconds. `performance` is a getter of the global object, which is called only once here.
let own: typeof performance | undefined;

export function nowMs(): number {
  return (own ??= performance).now();
}

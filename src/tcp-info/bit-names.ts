// The names of the bits that are set in a number.

/**
 * Returns the same frozen list each time for the same bits, so reading a result allocates nothing. Bits without a name
 * are left out.
 */
export function bitNames<const Name extends string>(names: readonly Name[]): (bits: number) => readonly Name[] {
  const lists: (readonly Name[])[] = [];
  const mask = 2 ** names.length - 1;
  const list = (bits: number) => Object.freeze(names.filter((_name, bit) => bits & (1 << bit)));
  return (bits) => (lists[bits & mask] ??= list(bits));
}

// A word of bits → the names of those that are set. Used by the layouts.

/** The same frozen list each time for the same bits: reading a result costs no allocation. Bits without a name are left out. */
export function bitNames<const Name extends string>(names: readonly Name[]): (bits: number) => readonly Name[] {
  const lists = Array.from({ length: 1 << names.length }, (_, bits) =>
    Object.freeze(names.filter((_name, bit) => bits & (1 << bit))),
  );
  const mask = lists.length - 1;
  return (bits) => lists[bits & mask] as readonly Name[];
}

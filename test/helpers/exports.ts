// What the package exports, so that tests can hold the documentation to it.

/** Every function that the package exports, and its subpath. */
export const functions = new Map<string, string>();
for (const subpath of ["sockinfo", "sockinfo/connections", "sockinfo/hijack", "sockinfo/unix"]) {
  const module = (await import(subpath)) as Record<string, unknown>;
  for (const name of Object.keys(module)) if (/^[a-z]/.test(name) && name !== "default") functions.set(name, subpath);
}

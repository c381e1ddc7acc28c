// The functions that the package exports, so that tests can compare the documentation with them.

/** Every function that the package exports, and its subpath. */
export const functions = new Map<string, string>();
for (const subpath of ["sockinfo", "sockinfo/connections", "sockinfo/hijack", "sockinfo/prometheus", "sockinfo/unix"]) {
  const module = (await import(subpath)) as Record<string, unknown>;
  for (const name of Object.keys(module)) {
    // `default`, and from Node 23 on `module.exports`, are in every import of a CommonJS module.
    if (/^[a-z]\w*$/.test(name) && name !== "default") functions.set(name, subpath);
  }
}

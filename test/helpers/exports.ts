// The functions that the package exports, so that tests can compare the documentation with them.

const SUBPATHS = ["connections", "hijack", "logging", "opentelemetry", "page", "prometheus", "server-timing", "unix"];

/** Every function that the package exports, and its subpaths. */
export const functions = new Map<string, string[]>();
for (const subpath of ["sockinfo", ...SUBPATHS.map((name) => `sockinfo/${name}`)]) {
  const module = (await import(subpath)) as Record<string, unknown>;
  for (const [name, value] of Object.entries(module)) {
    // `default`, and from Node 23 on `module.exports`, are in every import of a CommonJS module.
    if (typeof value !== "function" || !/^[a-z]\w*$/.test(name) || name === "default") continue;
    functions.set(name, [...(functions.get(name) ?? []), subpath]);
  }
}

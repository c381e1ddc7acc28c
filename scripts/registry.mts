// Reads about a package from npm's registry, or from the registry that npm_config_registry names.
import type { Packument } from "./release-checks.mts";

const { npm_config_registry: registry = "https://registry.npmjs.org/" } = process.env;

/** `undefined` if the registry has no such package. */
export async function readPackument(name: string): Promise<Packument | undefined> {
  const response = await fetch(new URL(name, registry), { headers: { "cache-control": "no-cache" } });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${registry} answered ${response.status} for ${name}`);
  return (await response.json()) as Packument;
}

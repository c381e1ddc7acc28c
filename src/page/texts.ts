// Addresses and paths as the page shows them.
import type { Endpoint } from "../connections";

const MOST_PATH_CHARACTERS = 200;

/** "192.0.2.7:50123", "[2001:db8::7]:50123", the path of a Unix socket, or `null`. */
export function addressText(endpoint: Endpoint | undefined): string | null {
  if (endpoint === undefined) return null;
  if (endpoint.family === "unix") return endpoint.path.replace("\0", "@");
  const { family, address, port } = endpoint;
  return family === "IPv6" ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The client's network only: "192.0.2.x", "2001:db8:0:x" (its first 48 bits). */
export function maskedText(endpoint: Endpoint | undefined): string | null {
  if (endpoint === undefined) return null;
  if (endpoint.family === "unix") return "unix";
  const { address } = endpoint;
  const ipv4 = /(\d+\.\d+\.\d+)\.\d+$/.exec(address);
  if (ipv4) return `${ipv4[1]}.x`;
  const [begin = ""] = address.split("::");
  const groups = [...begin.split(":").filter(Boolean), "0", "0", "0"];
  return `${groups.slice(0, 3).join(":")}:x`;
}

/**
 * The path of a request's target, without what follows it: the query, a fragment, or parameters after a semicolon,
 * which may have secrets. `null` if there is none. A target with a scheme may have a password before its path.
 */
export function pathOf(target: unknown): string | null {
  if (typeof target !== "string") return null;
  const path = /^(?:[a-z][a-z\d+.-]*:\/\/[^/?#]*)?(\/[^?#;]*)/i.exec(target.slice(0, 2000))?.[1];
  if (path === undefined) return target === "*" ? "*" : null;
  return path.length > MOST_PATH_CHARACTERS ? `${path.slice(0, MOST_PATH_CHARACTERS - 1)}…` : path;
}

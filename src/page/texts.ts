// Addresses and paths as the page shows them.
import type { Endpoint } from "../connections";

const MOST_PATH_CHARACTERS = 200;

/** "192.0.2.7:50123", "[2001:db8::7]:50123", the path of a Unix socket, or `null`. */
export function addressText(endpoint: Endpoint | undefined): string | null {
  if (endpoint === undefined) return null;
  if (endpoint.family === "unix") return endpoint.path.replace("\0", "@");
  const { address, port } = endpoint;
  const ipv4 = ipv4Of(address);
  return ipv4 === undefined ? `[${address}]:${port}` : `${ipv4}:${port}`;
}

/** Also of "::ffff:192.0.2.7", the address of an IPv4 client at a server that listens on "::". */
function ipv4Of(address: string): string | undefined {
  return /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
}

/** The client's network only: "192.0.2.x", "2001:db8:0:x" (its first 48 bits). */
export function maskedText(endpoint: Endpoint | undefined): string | null {
  if (endpoint === undefined) return null;
  if (endpoint.family === "unix") return "unix";
  const { address } = endpoint;
  const ipv4 = ipv4Of(address);
  if (ipv4 !== undefined) return ipv4.replace(/\d+$/, "x");
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

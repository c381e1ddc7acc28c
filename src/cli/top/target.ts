// What `sockinfo top` looks at: all sockets, a port, a process, or a page of sockinfo/page.
import { UsageError } from "../command";

export type Target =
  | { readonly kind: "all" }
  | { readonly kind: "port"; readonly port: number }
  | { readonly kind: "pid"; readonly pid: number }
  | { readonly kind: "page"; readonly address: PageAddress };

/** Where a page listens. */
export type PageAddress =
  | { readonly socketPath: string }
  /** Without its token, user name, password, query and fragment. Ends with a slash. */
  | { readonly url: URL; readonly token: string | undefined };

const LARGEST_PID = 2 ** 22;

/** @throws A `UsageError` that never quotes a token. */
export function readTarget(text: string | undefined): Target {
  if (text === undefined) return { kind: "all" };
  const [, portDigits] = /^:(\d{1,5})$/.exec(text) ?? [];
  if (portDigits !== undefined && Number(portDigits) >= 1 && Number(portDigits) <= 65_535)
    return { kind: "port", port: Number(portDigits) };
  if (/^\d{1,7}$/.test(text) && Number(text) >= 1 && Number(text) <= LARGEST_PID)
    return { kind: "pid", pid: Number(text) };
  if (/^https?:\/\//i.test(text)) return { kind: "page", address: readUrl(text) };
  if (text.includes("://")) throw new UsageError("A page has an http: or https: address, or the path of a socket");
  if (text.includes("\0")) throw new UsageError("A path can't have a zero byte");
  if (text.includes("/")) return { kind: "page", address: { socketPath: text } };
  throw new UsageError(`"${text}" is neither :port, nor a process id, nor the path (with a "/") or address of a page`);
}

function readUrl(text: string): PageAddress {
  if (!URL.canParse(text)) throw new UsageError("The address of the page is no valid URL");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "")
    throw new UsageError("The address of a page takes a token, not a user name or password");
  const token = url.searchParams.get("token") ?? undefined;
  url.search = "";
  url.hash = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return { url, token };
}

/** For the screen. Not cleaned. */
export function titleOf(target: Target): string {
  if (target.kind === "all") return "";
  if (target.kind === "port") return `:${target.port}`;
  if (target.kind === "pid") return `process ${target.pid}`;
  return "url" in target.address ? target.address.url.href : target.address.socketPath;
}

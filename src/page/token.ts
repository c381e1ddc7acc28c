// The token of a page on a loopback port, where every user and container of the machine may connect. Two secrets: the
// folder of all addresses, and the token. Browsers send a cookie to all ports of a host, so also to servers of other
// users. But they send it only to addresses below its path, and these servers do not know the folder.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { type PageRequestSource, type PageResponse, sendWhole, targetOf } from "./http";

export class PageToken {
  /** "/", a random name, and "/". Every address of the page is below it. */
  readonly folder: string = `/${randomBytes(16).toString("base64url")}/`;
  readonly #token = randomBytes(32).toString("base64url");
  readonly #cookieName: string;

  constructor(port: number) {
    this.#cookieName = `sockinfo-page-${port}`;
  }

  /** The end of the printed address. */
  get printedPath(): string {
    return `${this.folder}?token=${this.#token}`;
  }

  /** By the cookie, or by the header that programs send. */
  isIn({ headers }: PageRequestSource): boolean {
    const bearer = /^Bearer ([\w-]+)$/i.exec(headers.authorization ?? "")?.[1];
    if (bearer !== undefined) return this.#equals(bearer);
    // Another server of this host may have set a cookie of the same name, so each of them is tried.
    return cookiesOf(headers.cookie, this.#cookieName).some((value) => this.#equals(value));
  }

  /**
   * Answers a request that has the token in its address: sets the cookie, and redirects to the address without it.
   * Returns false for other requests.
   */
  exchange(request: PageRequestSource, response: PageResponse): boolean {
    const { path, query } = targetOf(request);
    const token = new URLSearchParams(query).get("token");
    if (path !== this.folder || token === null || !this.#equals(token)) return false;
    const cookie = `${this.#cookieName}=${this.#token}; Path=${this.folder}; HttpOnly; SameSite=Strict`;
    sendWhole(request, response, 303, "", { Location: "./", "Set-Cookie": cookie });
    return true;
  }

  /** In constant time. The hashes have one length. */
  #equals(given: string): boolean {
    return timingSafeEqual(hash(given), hash(this.#token));
  }
}

function hash(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** The values of that cookie, at most ten. */
function cookiesOf(header: string | undefined, name: string): string[] {
  return (header ?? "")
    .split(";")
    .map((each) => each.trim())
    .filter((each) => each.startsWith(`${name}=`))
    .slice(0, 10)
    .map((each) => each.slice(name.length + 1));
}

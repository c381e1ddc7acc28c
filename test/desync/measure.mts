// Finds out where requests end, with Node's own parser, which gets one byte at a time.
import type { Message } from "./bytes.mts";
import { exchangesOf } from "./exchange.mts";
import { openLink, turns } from "./link.mts";
import { serverFor } from "./servers.mts";

/** `bodyEnd` is infinite if only the end of the connection ends the body. */
export interface Place {
  readonly key: string;
  readonly headEnd: number;
  bodyEnd: number;
}

/** The places of all requests in `bytes`. Nothing is answered, so no answer closes the connection early. */
export async function measure({ bytes, setup }: Message): Promise<Place[]> {
  const link = await openLink(serverFor("silent", setup), "memory");
  const exchanges = exchangesOf.get(link.socket) ?? [];
  const places: Place[] = [];
  for (let sent = 1; sent <= bytes.length && link.client.writable; sent++) {
    await turns(1);
    link.client.write(bytes.subarray(sent - 1, sent));
    // A lenient parser also ends lines at a bare CR, but only when it sees the next byte.
    const lineEnd = bytes[sent - 1] === 0x0a ? sent : sent - 1;
    const earlier = places.length;
    for (const { request } of exchanges.slice(earlier)) {
      places.push({ key: `${request.method} ${request.url}`, headEnd: lineEnd, bodyEnd: Infinity });
    }
    for (const [index, place] of places.entries()) {
      const { request } = exchanges[index] ?? {};
      if (!request?.complete || place.bodyEnd !== Infinity) continue;
      const isCounted = request.headers["transfer-encoding"] === undefined && index < earlier;
      place.bodyEnd = isCounted ? sent : lineEnd;
    }
  }
  link.client.destroy();
  link.socket.destroy();
  return places;
}

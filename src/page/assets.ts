// The files of the browser part. The build puts them into dist/page/view.js, which is loaded at the first request.
import { promisify } from "node:util";
import type { brotliCompress, gzip } from "node:zlib";
import { type PageRequestSource, type PageResponse, sendWhole } from "./http";
import type { RESOURCES } from "./protocol";

export type AssetName = Exclude<(typeof RESOURCES)[number], "events">;

const TYPES: Readonly<Record<AssetName, string>> = {
  "": "text/html; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
  "page.css": "text/css; charset=utf-8",
};

interface Zlib {
  readonly brotliCompress: typeof brotliCompress;
  readonly gzip: typeof gzip;
}

/** The better compression first. */
const ENCODINGS = ["br", "gzip"] as const;
type Encoding = (typeof ENCODINGS)[number];

const compressed = new Map<string, Promise<Buffer>>();

export async function sendAsset(request: PageRequestSource, response: PageResponse, name: AssetName): Promise<void> {
  const encoding = acceptedEncoding(request.headers["accept-encoding"]);
  const text = readAsset(name);
  const body = encoding === undefined ? text : await compress(name, text, encoding);
  sendWhole(request, response, 200, body, {
    "Content-Type": TYPES[name],
    Vary: "Accept-Encoding",
    ...(encoding === undefined ? {} : { "Content-Encoding": encoding }),
  });
}

function readAsset(name: AssetName): string {
  return (require("./view.js") as Readonly<Record<AssetName, string>>)[name];
}

/** Once for each file, by a thread of Node's pool. */
async function compress(name: AssetName, text: string, encoding: Encoding): Promise<Buffer> {
  const key = `${encoding} ${name}`;
  let result = compressed.get(key);
  if (result === undefined) {
    const zlib = require("node:zlib") as Zlib;
    result = promisify(encoding === "br" ? zlib.brotliCompress : zlib.gzip)(Buffer.from(text));
    compressed.set(key, result);
  }
  return result;
}

/** `undefined` if the client accepts neither. */
function acceptedEncoding(header: string | string[] | undefined): Encoding | undefined {
  const accepted = String(header ?? "")
    .toLowerCase()
    .split(",")
    .map((each) => each.trim())
    .filter((each) => !/;\s*q=0(\.0*)?$/.test(each))
    .map((each) => each.replace(/\s*;.*$/, ""));
  return ENCODINGS.find((encoding) => accepted.includes(encoding));
}

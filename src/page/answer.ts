// Answers one request: checks it, asks who may see the page, and sends one of the four resources.
import { type AssetName, sendAsset } from "./assets";
import { refuseCrossSite } from "./cross-site";
import type { Door } from "./door";
import {
  isAnswered,
  type PageRequestSource,
  type PageResponse,
  refuse,
  type Refusal,
  sendWhole,
  targetOf,
  writeHead,
} from "./http";
import { RESOURCES } from "./protocol";
import { readQuestion } from "./question";
import { isAuthorized, Viewer } from "./viewer";
import type { Viewers } from "./viewers";

const WRONG_METHOD: Refusal = {
  status: 405,
  text: "The page only answers GET and HEAD.",
  headers: { Allow: "GET, HEAD" },
};
const WRONG_TARGET: Refusal = { status: 400, text: "The target of the request must be a path." };
const NOT_FOUND: Refusal = { status: 404, text: "There is nothing here." };
const CLOSED: Refusal = { status: 503, text: "The page is closed." };
const FULL: Refusal = {
  status: 503,
  text: "Too many viewers, or too many different questions. Try again later.",
  headers: { "Retry-After": "10" },
};

/** @param viewers - `undefined` once the page is closed. */
export async function answer(
  request: PageRequestSource,
  response: PageResponse,
  door: Door,
  viewers: () => Viewers | undefined,
): Promise<void> {
  if (isAnswered(response)) return;
  const { path } = targetOf(request);
  const name = path.slice(path.lastIndexOf("/") + 1);
  const refusal = refuseRequest(request, path) ?? door.refuse(request) ?? refuseCrossSite(request, !isPart(name));
  if (refusal) return refuse(request, response, refusal);
  if (viewers() === undefined) return refuse(request, response, CLOSED);
  if (door.exchange(request, response)) return;
  const isAllowed = await isAuthorized(door.authorize, request);
  if (isAnswered(response)) return;
  if (!isAllowed) return refuse(request, response, door.denial);
  if (name === "events") return answerEvents(request, response, door, viewers());
  if (name === "" || isPart(name)) return sendAsset(request, response, name as AssetName);
  redirectToFolder(request, response, name);
}

function refuseRequest({ method }: PageRequestSource, path: string): Refusal | undefined {
  if (method !== "GET" && method !== "HEAD") return WRONG_METHOD;
  // A target with a scheme is for proxies.
  return path.startsWith("/") ? undefined : WRONG_TARGET;
}

/** What the page itself asks for. A link to it leads elsewhere. */
function isPart(name: string): boolean {
  return name !== "" && RESOURCES.some((resource) => resource === name);
}

function answerEvents(
  request: PageRequestSource,
  response: PageResponse,
  { authorize }: Door,
  viewers: Viewers | undefined,
): void {
  if (viewers === undefined) return refuse(request, response, CLOSED);
  const question = readQuestion(targetOf(request).query);
  if (typeof question === "string") return refuse(request, response, { status: 400, text: question });
  if (request.method === "HEAD") {
    writeHead(response, 200, { "Content-Type": "text/event-stream; charset=utf-8" });
    response.end();
  } else if (viewers.hasRoomFor(question)) {
    viewers.add(new Viewer(question, request, response, authorize));
  } else {
    refuse(request, response, FULL);
  }
}

/** For the address of the page without its last slash, below which its links would lead elsewhere. */
function redirectToFolder(request: PageRequestSource, response: PageResponse, name: string): void {
  // Files have a dot. Other characters could not be in a header, or would make another address of it.
  if (!/^[\w~%@-]+$/.test(name)) return refuse(request, response, NOT_FOUND);
  sendWhole(request, response, 302, "", { Location: `./${name}/` });
}

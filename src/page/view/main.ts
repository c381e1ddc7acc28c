// The page in the browser: follows the event stream, and draws each frame once.
import type { PageFrame } from "../protocol";
import { ClosedConnections } from "./closed";
import { Detail } from "./detail";
import { byId, setAttribute } from "./dom";
import { Filters } from "./filters";
import { measureFrame } from "./frame-time";
import { DetailHistory, TotalsHistory } from "./history";
import { readQuestion, toHash, toUrl, type Question } from "./question";
import { Status } from "./status";
import { FrameStream } from "./stream";
import { ConnectionsTable } from "./table";
import { startTheme } from "./theme";
import { Totals } from "./totals";

/** A hidden page ends its stream after this time, so that the server can rest. */
const HIDDEN_MS = 60_000;

startTheme();
let question = readQuestion(location.hash);
let frame: PageFrame | undefined;
let watched = watch(question.connection);
let isPaused = false;
/** The rows are others, or in another order: they are drawn even during a pause, and though the pointer is on them. */
let isNewOrder = true;
/** The connection was opened during the pause, so it is drawn all the same. */
let isNewlyWatched = true;
let isAnswered = false;
let isScheduled = false;
let hiddenTimer: ReturnType<typeof setTimeout> | undefined;

const totalsHistory = new TotalsHistory();
const totals = new Totals(byId("totals"));
const closed = new ClosedConnections();
const status = new Status();
const filters = new Filters(ask);
const table = new ConnectionsTable({ onOrder: orderBy, onOpen: (connection) => ask({ connection }) });
const detail = new Detail(closeDetail);
const stream = new FrameStream({ onFrame: receive, onState: (state) => status.showStream(state) });

byId("pause").addEventListener("click", pause);
document.addEventListener("keydown", closeByKey);
document.addEventListener("visibilitychange", followVisibility);
addEventListener("hashchange", () => ask(readQuestion(location.hash)));
ask(question);

function watch(id: number | null): DetailHistory | undefined {
  return id === null ? undefined : new DetailHistory(id);
}

function ask(change: Partial<Question>): void {
  const url = toUrl(question);
  question = { ...question, ...change };
  history.replaceState(null, "", toHash(question));
  if (question.connection !== (watched?.id ?? null)) {
    watched = watch(question.connection);
    isNewlyWatched = true;
  }
  if (Object.keys(change).some((key) => key !== "connection")) isNewOrder = true;
  filters.draw(question);
  table.select(question.connection);
  drawDetail();
  // A change of the text filter alone needs no other rows, once the server sends as many as it can.
  if (toUrl(question) === url && isAnswered) return schedule();
  isAnswered = false;
  stream.open(toUrl(question));
}

function orderBy(order: Question["order"]): void {
  ask({ order, descending: order === question.order ? !question.descending : true });
}

function closeByKey({ key, target }: KeyboardEvent): void {
  // In the text filter, the browser's own Escape empties the filter first.
  const isFilled = target instanceof HTMLInputElement && target.value !== "";
  if (key === "Escape" && !isFilled) closeDetail();
}

function closeDetail(): void {
  const { connection } = question;
  if (connection === null) return;
  const hadFocus = detail.hasFocus;
  ask({ connection: null });
  if (hadFocus) table.focusRow(connection);
}

function pause(): void {
  isPaused = !isPaused;
  isNewlyWatched = false;
  setAttribute(byId("pause"), "aria-pressed", String(isPaused));
  status.showPaused(isPaused);
  if (isPaused) table.fillAll();
  else schedule();
}

function followVisibility(): void {
  clearTimeout(hiddenTimer);
  if (document.hidden) hiddenTimer = setTimeout(() => stream.close(), HIDDEN_MS);
  else stream.reopen();
}

function receive(next: PageFrame): void {
  // The server has begun again, and its connections have the ids of others.
  if (frame !== undefined && next.totals.openedTotal < frame.totals.openedTotal) {
    closed.clear();
    watched = watch(question.connection);
  }
  frame = next;
  isAnswered = true;
  totalsHistory.add(next);
  closed.add(next.recentlyClosed);
  watched?.add(next.detail);
  schedule();
}

function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  requestAnimationFrame(() => {
    isScheduled = false;
    const drawn = frame;
    if (drawn === undefined || !isAnswered) return;
    measureFrame(() => draw(drawn));
  });
}

function draw(drawn: PageFrame): void {
  if (!isPaused || isNewOrder) {
    const { matching, isHeld, isWhole } = table.draw(drawn, question, isNewOrder);
    totals.draw(totalsHistory);
    closed.draw(drawn.totals);
    filters.drawCounts(drawn, question, matching, isHeld);
    status.showFrame(drawn);
    isNewOrder = !isWhole;
    if (!isWhole) schedule();
  }
  if (!isPaused || isNewlyWatched) drawDetail();
}

function drawDetail(): void {
  byId("workspace").classList.toggle("with-detail", watched !== undefined);
  if (watched === undefined) detail.hide();
  else detail.draw(watched, table.rowOf(watched.id), closed.get(watched.id));
}

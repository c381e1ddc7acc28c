// One connection in depth.
import { formatAge, formatBytes, formatCount, formatMs, formatRatio } from "../../quantities";
import type { TcpDiagnosis } from "../../diagnosis/types";
import type { ClosedRow, PageRequest, PageRow } from "../protocol";
import { remoteText, timeOfDay, type Column } from "./columns";
import { byId, element, setClass, setText, textNode } from "./dom";
import { Fields } from "./fields";
import type { DetailHistory } from "./history";
import { Rows } from "./rows";
import { ratiosOf, shareClass, SHARES, SharesBar } from "./shares";
import { TimeLine } from "./time-line";
import { inBrackets, verdictClass, words } from "./verdict";

const REQUEST_COLUMNS: readonly Column<PageRequest>[] = [
  requestColumn("when", "Began", ({ startedAt }) => (startedAt === null ? "before" : timeOfDay(startedAt))),
  requestColumn("request", "Request", ({ method, path }) => `${method} ${path ?? ""}`),
  requestColumn("status", "Status", ({ status, aborted }) => (aborted ? "aborted" : String(status ?? "now")), true),
  requestColumn("took", "Took", ({ durationMs }) => formatMs(durationMs), true),
  requestColumn("bytes", "Bytes", ({ bytesAcked }) => formatBytes(bytesAcked), true),
  requestColumn("again", "Sent again", ({ retransmittedSegments }) => formatCount(retransmittedSegments), true),
];

function requestColumn(
  name: string,
  title: string,
  textOf: (request: PageRequest) => string,
  isNumber = false,
): Column<PageRequest> {
  const cell: Column<PageRequest>["cell"] = (target) => {
    const node = textNode();
    target.append(node);
    return (request) => {
      const text = textOf(request);
      setText(node, text);
      if (name === "request") target.title = text;
    };
  };
  return { name, title, hint: "", isNumber, cell };
}

export class Detail {
  readonly #panel = byId("detail");
  readonly #title = textNode();
  readonly #about = textNode();
  readonly #verdict = textNode();
  readonly #word = element("span", "verdict", this.#verdict);
  readonly #cause = textNode();
  readonly #sentence = textNode();
  readonly #also = textNode();
  readonly #bar = new SharesBar("shares");
  readonly #shares = SHARES.map(() => textNode());
  readonly #timeLine = new TimeLine();
  readonly #requests: Rows<PageRequest>;
  readonly #noRequests = element("p", "muted", "None since it is watched.");
  readonly #fields = new Fields();

  constructor(onClose: () => void) {
    const title = element("h2", "", this.#title);
    title.id = "detail-title";
    const close = element("button", "", "Close");
    close.type = "button";
    close.addEventListener("click", onClose);
    const keys = SHARES.map(({ name }, index) =>
      element("span", `key ${shareClass(name)}`, element("span", "", this.#shares[index] as Text)),
    );
    const body = element("tbody");
    this.#requests = new Rows(body, REQUEST_COLUMNS);
    const headings = REQUEST_COLUMNS.map(({ name, title: text, isNumber }) => {
      const heading = element("th", `c-${name}${isNumber ? " number" : ""}`, text);
      heading.scope = "col";
      return heading;
    });
    const caption = element("caption", "hidden", "Requests of this connection, the newest first");
    this.#panel.replaceChildren(
      element("div", "top", title, close),
      element("p", "muted about", this.#about),
      element(
        "div",
        "finding",
        element("p", "", this.#word, " ", element("span", "muted", this.#cause)),
        element("p", "sentence", this.#sentence),
        element("p", "", this.#also),
      ),
      element("h3", "", "Where the time of the last interval went"),
      this.#bar.element,
      element("p", "notes", ...keys),
      element("h3", "", "The last two minutes"),
      this.#timeLine.element,
      element("h3", "", "Requests"),
      element("table", "", caption, element("thead", "", element("tr", "", ...headings)), body),
      this.#noRequests,
      element("h3", "", "TCP_INFO"),
      this.#fields.element,
    );
  }

  get isOpen(): boolean {
    return !this.#panel.hidden;
  }

  get hasFocus(): boolean {
    return this.#panel.contains(document.activeElement);
  }

  hide(): void {
    this.#panel.hidden = true;
  }

  /**
   * @param row - Its row, as it last was. `undefined` if it was never among the rows shown.
   * @param closed - Its end, if that is known.
   */
  draw(history: DetailHistory, row: PageRow | undefined, closed: ClosedRow | undefined): void {
    if (this.#panel.hidden) {
      this.#panel.hidden = false;
      this.#panel.scrollTop = 0;
    }
    const known = row ?? closed;
    setText(this.#title, `Connection ${history.id}${known ? `: ${remoteText(known)}` : ""}`);
    setText(this.#about, aboutText(history, row, closed));
    this.#drawFinding(history, row);
    const ratios = ratiosOf(history.samples.at(-1)?.shares);
    this.#bar.draw(ratios);
    SHARES.forEach(({ name }, index) => {
      setText(this.#shares[index] as Text, `${name} ${formatRatio(ratios?.[index])}`);
    });
    this.#timeLine.draw(history);
    const { requests } = history;
    this.#requests.arrange(
      requests.map(({ id }) => id),
      new Map(requests.map((request) => [request.id, request])),
    );
    this.#requests.fill();
    this.#noRequests.hidden = requests.length > 0;
    this.#fields.draw(history.last?.tcpInfo);
  }

  #drawFinding({ last }: DetailHistory, row: PageRow | undefined): void {
    const diagnosis = last?.diagnosis as Partial<TcpDiagnosis> | null | undefined;
    const { verdict = "unknown", cause, sentence = "Waiting for a second reading." } = diagnosis ?? row ?? {};
    setClass(this.#word, verdictClass(verdict));
    setText(this.#verdict, words(verdict));
    setText(this.#cause, inBrackets(cause));
    setText(this.#sentence, sentence);
    // The sentences have the numbers that prove them.
    const also = diagnosis?.also;
    setText(this.#also, also === undefined ? "" : `Also: ${also.sentence}`);
  }
}

function aboutText(history: DetailHistory, row: PageRow | undefined, closed: ClosedRow | undefined): string {
  if (closed !== undefined) {
    const end = closed.outcome === null ? "" : `, true end: ${words(closed.outcome)}`;
    const error = closed.closeError === null ? "" : ` (${closed.closeError})`;
    return `Closed at ${timeOfDay(closed.closedAt)}: ${words(closed.closeReason)}${error}${end}. The numbers are the last.`;
  }
  if (history.isClosed) return "Not open: it has closed, or there is no such connection.";
  if (row === undefined) return "Not among the rows of the table.";
  const peer = row.peer === null ? [] : [`uid ${row.peer.uid ?? "?"}, pid ${row.peer.pid ?? "?"}`];
  const facts = [
    `to ${row.local ?? "unknown"}`,
    ...peer,
    row.protocol ?? "no protocol yet",
    row.state,
    formatAge(row.ageMs),
    `${formatCount(row.requestsServed)} served`,
  ];
  return facts.join(" · ");
}

// The controls above the table: state, text, order and number of rows.
import { formatCount } from "../../quantities";
import { ORDER_KEYS, PAGE_STATES, type PageFrame, type PageState } from "../protocol";
import { COLUMNS } from "./columns";
import { byId, element, setAttribute, setText, textNode } from "./dom";
import { ROW_LIMITS, type Question } from "./question";
import { liveConnections } from "./totals";

type Change = Partial<Question>;

/** Keys of the order that have no column of their own. */
const OTHER_TITLES: Readonly<Record<string, string>> = {
  trouble: "Trouble",
  newlyRetransmittedSegments: "Sent again just now",
  queueingMs: "Queueing time",
  trafficBytesPerSecond: "Sending and receiving",
};

export class Filters {
  readonly #text = byId<HTMLInputElement>("text");
  readonly #order = byId<HTMLSelectElement>("order");
  readonly #limit = byId<HTMLSelectElement>("limit");
  readonly #shown = textNode();
  readonly #states: readonly { state: PageState | null; button: HTMLButtonElement; count: Text }[];

  constructor(onChange: (change: Change) => void) {
    this.#states = [null, ...PAGE_STATES].map((state) => {
      const count = textNode("0");
      const button = element("button", "", state ?? "all", element("span", "", count));
      button.type = "button";
      button.addEventListener("click", () => onChange({ state }));
      return { state, button, count };
    });
    byId("states").append(...this.#states.map(({ button }) => button));
    this.#order.append(...ORDER_KEYS.map((key) => new Option(orderTitle(key), key)));
    this.#limit.append(...ROW_LIMITS.map((limit) => new Option(String(limit), String(limit))));
    byId("shown").append(this.#shown);

    this.#text.addEventListener("input", () => onChange({ text: this.#text.value }));
    this.#order.addEventListener("change", () =>
      onChange({ order: ORDER_KEYS[this.#order.selectedIndex] ?? "trouble" }),
    );
    this.#limit.addEventListener("change", () => onChange({ limit: Number(this.#limit.value) }));
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
  }

  draw(question: Question): void {
    for (const { state, button } of this.#states)
      setAttribute(button, "aria-pressed", String(state === question.state));
    if (this.#text.value !== question.text) this.#text.value = question.text;
    this.#order.value = question.order;
    this.#limit.value = String(question.limit);
  }

  /** @param shown - How many rows match the text. */
  drawCounts(frame: PageFrame, question: Question, shown: number, isHeld: boolean): void {
    const { connections } = frame.totals;
    for (const { state, count } of this.#states) {
      setText(count, formatCount(state === null ? liveConnections(frame.totals) : connections[state]));
    }
    const all = frame.rows.length + frame.otherRows;
    const held = isHeld ? "Order held while you are in the table. " : "";
    if (question.text === "") return setText(this.#shown, `${held}${shown} of ${all}`);
    const searched = frame.otherRows > 0 ? `the first ${frame.rows.length} of ${all}` : String(all);
    setText(this.#shown, `${held}${shown} match, of ${searched}`);
  }
}

function orderTitle(key: string): string {
  return OTHER_TITLES[key] ?? COLUMNS.find(({ order }) => order === key)?.title ?? key;
}

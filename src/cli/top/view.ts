// What the user has chosen: order, filter, place in the list. Keys change it; no input or output here.
import type { Action } from "./keys";
import { type Order, ORDERS } from "./frame";

export interface View {
  readonly order: Order;
  readonly isDescending: boolean;
  readonly filter: string;
  /** What is typed after `/`. `undefined` unless the user types. */
  readonly draft: string | undefined;
  /** The place of the selected connection among those that match. */
  readonly selected: number;
  /** The place of the first connection on the screen. */
  readonly first: number;
  readonly isPaused: boolean;
  readonly isHelp: boolean;
}

export const FIRST_VIEW: View = {
  order: "trouble",
  isDescending: true,
  filter: "",
  draft: undefined,
  selected: 0,
  first: 0,
  isPaused: false,
  isHelp: false,
};

const LONGEST_FILTER = 100;

/**
 * @param rowsShown - How many rows of the table the screen has.
 * @param orders - What the source can sort by.
 */
export function applyAction(view: View, action: Action, rowsShown: number, orders: readonly Order[] = ORDERS): View {
  switch (action.does) {
    case "pause":
      return { ...view, isPaused: !view.isPaused };
    case "help":
      return { ...view, isHelp: !view.isHelp };
    case "filter":
      return { ...view, isHelp: false, draft: view.filter };
    case "clear":
      return view.isHelp ? { ...view, isHelp: false } : { ...view, filter: "", selected: 0 };
    case "reverse":
      return { ...view, isDescending: !view.isDescending };
    case "move":
      return { ...view, selected: view.selected + action.rows * (action.isPage === true ? rowsShown : 1) };
    case "sort":
      return orders.includes(action.by) ? sortBy(view, action.by) : view;
    case "sort-next":
      return sortBy(
        view,
        orders[(orders.indexOf(view.order) + action.step + orders.length) % orders.length] ?? view.order,
      );
  }
  return view;
}

/** The greatest first, except for addresses. */
function sortBy(view: View, order: Order): View {
  return { ...view, order, isDescending: order !== "remote", selected: 0 };
}

/** A key while the user types a filter. The list follows each character. */
export function typeKey(view: View, key: string): View {
  const { draft = "" } = view;
  if (key === "return") return { ...view, draft: undefined };
  if (key === "escape") return { ...view, draft: undefined, filter: "" };
  if (key === "backspace") return withDraft(view, Array.from(draft).slice(0, -1).join(""));
  if (key === "ctrl+u") return withDraft(view, "");
  if (key === "space") return withDraft(view, `${draft} `);
  return Array.from(key).length === 1 && draft.length < LONGEST_FILTER ? withDraft(view, draft + key) : view;
}

function withDraft(view: View, draft: string): View {
  return { ...view, draft, filter: draft.trim(), selected: 0 };
}

/** Keeps the selected row in the list, and the list around the selected row. */
export function keepInList(view: View, matching: number, rowsShown: number): View {
  const selected = Math.max(0, Math.min(view.selected, matching - 1));
  const shown = Math.max(1, rowsShown);
  const first = Math.max(0, Math.min(Math.max(view.first, selected - shown + 1), selected, matching - shown));
  return first === view.first && selected === view.selected ? view : { ...view, first, selected };
}

// The keys of the live screen: the one table that the program, its help and docs/top.md have.
import type { Order } from "./frame";

export type Action =
  | { readonly does: "quit" | "interrupt" | "suspend" | "redraw" | "pause" | "help" }
  | { readonly does: "filter" | "clear" }
  | { readonly does: "reverse" }
  | { readonly does: "move"; readonly rows: number; readonly isPage?: boolean }
  | { readonly does: "sort"; readonly by: Order }
  | { readonly does: "sort-next"; readonly step: 1 | -1 };

export interface KeyBinding {
  /** As people write it. */
  readonly keys: string;
  /** As `nameOfKey` has it. */
  readonly names: readonly string[];
  readonly action: Action;
  readonly help: string;
}

const sort = (key: string, by: Order, help: string): KeyBinding => ({
  keys: key,
  names: [key],
  action: { does: "sort", by },
  help: `Sort by ${help}`,
});

const move = (keys: string, names: readonly string[], rows: number, help: string, isPage = false): KeyBinding => ({
  keys,
  names,
  action: { does: "move", rows, isPage },
  help,
});

/** The help has space for 29 characters each, on a screen of 80 columns. */
export const KEYS: readonly KeyBinding[] = [
  { keys: "q", names: ["q"], action: { does: "quit" }, help: "Quit" },
  { keys: "? h", names: ["?", "h"], action: { does: "help" }, help: "Show or hide this list" },
  move("↓ j", ["down", "j"], 1, "Next connection"),
  move("↑ k", ["up", "k"], -1, "Previous connection"),
  move("PgDn", ["pagedown"], 1, "A screen down", true),
  move("PgUp", ["pageup"], -1, "A screen up", true),
  move("Home g", ["home", "g"], -Infinity, "First connection"),
  move("End G", ["end", "G"], Infinity, "Last connection"),
  { keys: "/", names: ["/"], action: { does: "filter" }, help: "Filter by a text, or by :port" },
  { keys: "Esc", names: ["escape"], action: { does: "clear" }, help: "Close the list or the filter" },
  { keys: "p Space", names: ["p", "space"], action: { does: "pause" }, help: "Pause, and go on" },
  sort("t", "trouble", "trouble"),
  sort("b", "traffic", "bytes per second"),
  sort("r", "rtt", "round-trip time"),
  sort("w", "queueing", "queueing time"),
  sort("c", "cwnd", "congestion window"),
  sort("d", "rate", "delivery rate"),
  sort("x", "retransmitted", "retransmissions"),
  sort("n", "retransmitting", "retransmissions now"),
  sort("u", "unsent", "unsent bytes"),
  sort("i", "unread", "unread bytes"),
  sort("a", "age", "age"),
  sort("m", "remote", "remote address"),
  { keys: "> →", names: [">", "right"], action: { does: "sort-next", step: 1 }, help: "Next order" },
  { keys: "< ←", names: ["<", "left"], action: { does: "sort-next", step: -1 }, help: "Previous order" },
  { keys: "R", names: ["R"], action: { does: "reverse" }, help: "Reverse the order" },
  { keys: "Ctrl-L", names: ["ctrl+l"], action: { does: "redraw" }, help: "Draw the screen again" },
  { keys: "Ctrl-Z", names: ["ctrl+z"], action: { does: "suspend" }, help: "Suspend; fg continues" },
  { keys: "Ctrl-C", names: ["ctrl+c"], action: { does: "interrupt" }, help: "Quit, as SIGINT does" },
];

const ACTIONS: ReadonlyMap<string, Action> = new Map(
  KEYS.flatMap(({ names, action }) => names.map((name) => [name, action] as const)),
);

export function actionOf(key: string): Action | undefined {
  return ACTIONS.get(key);
}

/** What `node:readline` reports of a key. */
export interface Keypress {
  readonly name?: string | undefined;
  readonly sequence?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
}

/** The character itself for a printable key. Otherwise a name, such as "up", "ctrl+c" or "escape". */
export function nameOfKey(text: string | undefined, { name, ctrl, meta }: Keypress): string {
  if (ctrl === true) return `ctrl+${name ?? ""}`;
  if (text === " ") return "space";
  if (meta !== true && text !== undefined && /^[^\p{Cc}\p{Cf}\p{Cs}]$/u.test(text)) return text;
  return name ?? "";
}

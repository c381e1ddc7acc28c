// Reads the parameters of ./events.
import {
  DEFAULT_ROWS,
  MOST_ROWS,
  ORDER_KEYS,
  type OrderKey,
  PAGE_STATES,
  type PageQuestion,
  type PageState,
} from "./protocol";

const PARAMETERS = new Set(["order", "descending", "state", "limit", "connection"]);

/** Returns the reason, a line of text, if a parameter is unknown, repeated or has another value. */
export function readQuestion(query: string): PageQuestion | string {
  const given = new URLSearchParams(query);
  const names = [...given.keys()];
  if (names.some((name) => !PARAMETERS.has(name))) return `The parameters are ${[...PARAMETERS].join(", ")}.`;
  if (new Set(names).size < names.length) return "A parameter is repeated.";
  const order = readChoice<OrderKey>(given.get("order") ?? "trouble", ORDER_KEYS);
  if (order === undefined) return `The order must be one of ${ORDER_KEYS.join(", ")}.`;
  const descending = readChoice(given.get("descending") ?? "1", ["0", "1"]);
  if (descending === undefined) return "The parameter descending must be 0 or 1.";
  const state = readState(given.get("state"));
  if (state === undefined) return `The state must be one of ${PAGE_STATES.join(", ")}.`;
  const limit = readCount(given.get("limit") ?? String(DEFAULT_ROWS), MOST_ROWS);
  if (limit === undefined) return `The limit must be an integer from 0 to ${MOST_ROWS}.`;
  const connection = readConnection(given.get("connection"));
  if (connection === undefined) return "The connection must be the id of a connection.";
  return { order, descending: descending === "1", state, limit, connection };
}

function readChoice<T extends string>(text: string, choices: readonly T[]): T | undefined {
  return choices.find((choice) => choice === text);
}

function readState(text: string | null): PageState | null | undefined {
  return text === null ? null : readChoice<PageState>(text, PAGE_STATES);
}

function readConnection(text: string | null): number | null | undefined {
  return text === null ? null : readCount(text, Number.MAX_SAFE_INTEGER);
}

function readCount(text: string, most: number): number | undefined {
  return /^\d{1,16}$/.test(text) && Number(text) <= most ? Number(text) : undefined;
}

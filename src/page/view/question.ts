// What the viewer asks for. It is kept in the address behind "#", so a reload or a shared link shows the same.
import {
  DEFAULT_ROWS,
  MOST_ROWS,
  ORDER_KEYS,
  PAGE_STATES,
  type OrderKey,
  type PageQuestion,
  type PageState,
} from "../protocol";

export interface Question extends PageQuestion {
  /** Selects among the rows that the server sends. The server does not get it. */
  readonly text: string;
}

export const ROW_LIMITS: readonly number[] = [50, DEFAULT_ROWS, 200, MOST_ROWS];

export function readQuestion(hash: string): Question {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const id = Number(given.get("connection"));
  const limit = Number(given.get("limit"));
  return {
    order: ORDER_KEYS.find((key): key is OrderKey => key === given.get("order")) ?? "trouble",
    descending: given.get("descending") !== "0",
    state: PAGE_STATES.find((state): state is PageState => state === given.get("state")) ?? null,
    limit: ROW_LIMITS.includes(limit) ? limit : DEFAULT_ROWS,
    connection: Number.isSafeInteger(id) && id > 0 ? id : null,
    text: (given.get("text") ?? "").slice(0, 200),
  };
}

export function toHash(question: Question): string {
  const { text } = question;
  return `#${parametersOf(question)}${text === "" ? "" : `&${new URLSearchParams({ text })}`}`;
}

/** The address of the event stream. A text filter needs as many rows as the server sends. */
export function toUrl(question: Question): string {
  const limit = question.text === "" ? question.limit : MOST_ROWS;
  return `events?${parametersOf({ ...question, limit })}`;
}

function parametersOf({ order, descending, state, limit, connection }: PageQuestion): URLSearchParams {
  const parameters = new URLSearchParams({ order, descending: descending ? "1" : "0", limit: String(limit) });
  if (state !== null) parameters.set("state", state);
  if (connection !== null) parameters.set("connection", String(connection));
  return parameters;
}

// Where the numbers come from: the kernel or a page.
import type { Order, TopFrame } from "./frame";
import type { Question } from "./socket-rows";

export interface TopSource {
  readonly isPage: boolean;
  /** What it can sort by. */
  readonly orders: readonly Order[];
  /** Looks again and again. Calls back until `close()`. */
  start(observer: SourceObserver, question: Question): void;
  /** The rows of the latest look that the question wants. `undefined` before the first look. */
  frame(question: Question): TopFrame | undefined;
  /** While it is paused, there is no look. */
  pause(isPaused: boolean): void;
  close(): void;
}

export interface SourceObserver {
  /** There is a new look, or a new note. */
  readonly onLook: () => void;
  /** There will be no more looks. */
  readonly onFailure: (error: Error) => void;
}

// What a check of `sockinfo doctor` is.

/** @typeParam On - What it is tried on. */
export interface Check<On> {
  /** What a user of sockinfo wants to know, in a few words. */
  readonly name: string;
  /**
   * Tries it. Returns what was found, or a `Gap` if a part is missing. Throws the reason why it does not work at all.
   */
  try(on: On): string | Gap | Promise<string | Gap>;
}

/** It works, but not completely. */
export class Gap {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

// The filter of both sources: a text, or `:` and a port.

export interface Filter {
  /** Of either end. `undefined` for a text. */
  readonly port: number | undefined;
  /** In lower case. */
  readonly text: string;
}

export function readFilter(filter: string): Filter {
  const digits = /^:(\d+)$/.exec(filter)?.[1];
  return { port: digits === undefined ? undefined : Number(digits), text: filter.toLowerCase() };
}

/** Whether one of them contains the text. States are also found as ss(8) writes them: "close-wait". */
export function hasText({ text }: Filter, texts: readonly (string | undefined)[]): boolean {
  return texts.some((each) => {
    const lower = each?.toLowerCase();
    return lower?.includes(text) || lower?.replaceAll("_", "-").includes(text);
  });
}

/** What the table says if nothing matches. */
export function nothingMatches(isPage: boolean): string {
  const others = isPage ? ", states, protocols, paths and verdicts" : " and states";
  return `Nothing matches. A filter searches in addresses${others}, or is a :port`;
}

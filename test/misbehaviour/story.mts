// Keeps in a few words what each connection's client and handlers have done. A finding shows it.
const stories = new Map<number, string>();

export function note(connection: number, what: string): void {
  stories.set(connection, `${stories.get(connection) ?? ""} ${what}`.trim());
}

export function storyOf(connection: number): string {
  return stories.get(connection) ?? "";
}

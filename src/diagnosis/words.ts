// Numbers as people read them, with two digits or all before the point.

/** "512 bytes", "51 kB", "1.2 MB". */
export function bytesText(bytes: number): string {
  if (bytes < 999.5) return `${Math.round(bytes)} bytes`;
  if (bytes < 999.5e3) return `${digits(bytes / 1e3)} kB`;
  return bytes < 999.5e6 ? `${digits(bytes / 1e6)} MB` : `${digits(bytes / 1e9)} GB`;
}

export function rateText(bytesPerSecond: number): string {
  return `${bytesText(bytesPerSecond)}/s`;
}

/** "0.4 ms", "130 ms", "1.5 s", "12 min". */
export function timeText(ms: number): string {
  if (ms < 999.5) return `${digits(ms)} ms`;
  return ms < 120_000 ? `${digits(ms / 1000)} s` : `${digits(ms / 60_000)} min`;
}

export function percentText(ratio: number): string {
  return `${digits(ratio * 100)} %`;
}

/** Names that end in "y" have their plural in "ies". */
export function countText(number: number, noun: string): string {
  if (number === 1) return `1 ${noun}`;
  return `${number} ${noun.endsWith("y") ? `${noun.slice(0, -1)}ie` : noun}s`;
}

function digits(value: number): string {
  return String(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
}

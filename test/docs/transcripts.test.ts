// The transcripts of docs/guides/why-is-this-connection-slow.md are what its program prints for recorded readings.
// After a change of rules or words: `npx vitest run test/docs/transcripts.test.ts -u` writes them anew.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeTcpInfo, diagnoseTcp } from "sockinfo";
import { expect, test } from "vitest";
import { root, snippetsOf } from "../helpers/docs";

/** Two readings of a path of test/diagnosis, by Linux 6.18 on a little-endian machine. */
interface Recorded {
  readonly intervalMs: number;
  /** Not on HTTP/2, as in the guide. */
  readonly pendingBytes?: number;
  /** Of getTcpInfoBytes, in base64. */
  readonly before: string;
  readonly after: string;
}

const GUIDE = "docs/guides/why-is-this-connection-slow.md";
const guide = join(root, GUIDE);
const recorded = JSON.parse(readFileSync(join(import.meta.dirname, "transcripts/readings.json"), "utf8")) as Record<
  string,
  Recorded
>;

const decode = (bytes: string) => decodeTcpInfo(Buffer.from(bytes, "base64"), "linux", { endianness: "LE" });

const diagnose = ({ before, after, intervalMs, pendingBytes }: Recorded) =>
  diagnoseTcp(decode(before), decode(after), { intervalMs, pendingBytes });

/** The same lines as debug-why.mjs of the guide. */
function transcriptOf(recording: Recorded): string {
  const diagnosis = diagnose(recording);
  const { pendingBytes } = recording;
  const { verdict, cause, sentence, also, shares } = diagnosis;
  const { goodputBytesPerSecond, lossRatio, queueingMs, inFlightBytes, notSentBytes } = diagnosis;
  const numbers = { goodputBytesPerSecond, lossRatio, queueingMs, inFlightBytes, notSentBytes, pendingBytes };
  return [
    cause ? `${verdict}, ${cause}\n${sentence}\n` : `${verdict}\n${sentence}\n`,
    also ? `Also ${also.verdict}: ${also.sentence}\n` : "",
    ...[shares, numbers].map(
      (line) =>
        `${JSON.stringify(line, (_, value: unknown) => (typeof value === "number" ? Number(value.toPrecision(3)) : value))}\n`,
    ),
  ].join("");
}

test("each transcript is the output for its readings", async () => {
  const written = readFileSync(guide, "utf8").replaceAll(
    /^```console (\S+)\n[^]*?^```$/gm,
    (block: string, name: string) => {
      const readings = recorded[name];
      return readings ? `\`\`\`console ${name}\n${transcriptOf(readings)}\`\`\`` : block;
    },
  );
  await expect(written).toMatchFileSnapshot(guide);
});

test("README.md has some of these sentences", async () => {
  const names = ["slow-cubic", "loss1-cubic", "think-cubic", "bloat-cubic", "stop-cubic"];
  const sentences = names.map((name) => diagnose(recorded[name] as Recorded).sentence).join("\n");
  const readme = join(root, "README.md");
  const written = readFileSync(readme, "utf8").replace(
    /^```console sentences\n[^]*?^```$/m,
    `\`\`\`console sentences\n${sentences}\n\`\`\``,
  );
  await expect(written).toMatchFileSnapshot(readme);
});

test("each transcript has its readings, and each of the readings its transcript", () => {
  const titles = snippetsOf(GUIDE).flatMap(({ language, title }) => (language === "console" && title ? [title] : []));
  expect([...new Set(titles)].toSorted()).toEqual(Object.keys(recorded).toSorted());
});

test("each verdict has a section with a transcript of it", () => {
  const sections = readFileSync(guide, "utf8").split(/^### /m).slice(1);
  const headings = sections.map((section) => section.slice(0, section.indexOf("\n")));
  expect(headings).toEqual([
    "idle",
    "healthy",
    "application-limited",
    "slow-reader",
    "small-window",
    "small-send-buffer",
    "lossy",
    "reordering",
    "queueing",
    "stalled",
    "closing",
    "unknown",
  ]);
  for (const [index, section] of sections.entries()) {
    const verdicts = [...section.matchAll(/^```console \S+\n([a-z-]+)/gm)].map(([, verdict]) => verdict);
    expect(verdicts.length, headings[index]).toBeGreaterThan(0);
    expect([...new Set(verdicts)]).toEqual([headings[index]]);
  }
});

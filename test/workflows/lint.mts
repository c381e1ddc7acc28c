// `npm run lint:workflows`: checks .github/ with GitHub's own language service and with the rules of this project. It
// also checks that each of the mistakes in mistakes.mts would be found.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MISTAKES } from "./mistakes.mts";
import { TextDocument, validate } from "./packages.mts";
import { TEXTS, type Texts, readProject, readTexts } from "./project.mts";
import { RULES } from "./rules.mts";

let documents = 0;

async function schemaProblems(name: "ci" | "release", text: string): Promise<string[]> {
  // The language service caches by name, so each text needs a new name.
  const document = TextDocument.create(`file:///${(documents += 1)}/${TEXTS[name]}`, "yaml", 0, text);
  const diagnostics = await validate(document, {
    fileProvider: {
      getFileContent: async ({ path = "" }) => ({
        name: path,
        content: readFileSync(join(import.meta.dirname, "../..", path), "utf8"),
      }),
    },
  });
  return diagnostics.map(({ message, range }) => `${TEXTS[name]}:${range.start.line + 1}: ${message}`);
}

async function problemsOf(texts: Texts): Promise<string[]> {
  const schema = [await schemaProblems("ci", texts.ci), await schemaProblems("release", texts.release)].flat();
  return [...schema, ...RULES.flatMap((rule) => rule(readProject(texts)))];
}

const texts = readTexts();
const problems = await problemsOf(texts);

for (const [file, from, to, says] of MISTAKES) {
  const wrong = texts[file].replace(from, () => to);
  const found = wrong === texts[file] ? [] : await problemsOf({ ...texts, [file]: wrong });
  if (!found.some((problem) => problem.includes(says) && !problems.includes(problem)))
    problems.push(`${file}: ${JSON.stringify(to)} instead of ${from} was not reported. Reported: ${found.join("; ")}`);
}

for (const problem of problems) console.error(problem);
console.log(`${MISTAKES.length} mistakes tried, ${problems.length} problems`);
if (problems.length > 0) process.exitCode = 1;

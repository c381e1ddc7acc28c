// Reads the workflows, and the files that they must agree with.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "./packages.mts";

const root = join(import.meta.dirname, "../..");

export interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly if?: string;
  readonly "continue-on-error"?: boolean;
}

export interface Job {
  readonly needs?: readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> };
  readonly uses?: string;
  readonly "runs-on"?: string;
  readonly container?: string | { readonly image: string };
  readonly steps?: readonly Step[];
}

export interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

export interface Project {
  readonly texts: Texts;
  readonly ci: Workflow;
  readonly release: Workflow;
  /** The folders whose npm packages Dependabot updates. */
  readonly updated: readonly string[];
  /** The folders with a package-lock.json. */
  readonly locked: readonly string[];
  readonly scripts: readonly string[];
  readonly oldestNode: number;
  /** The text of .ci/run. */
  readonly run: string;
  /** The files of .ci/ by name, and the files of scripts/ by path. */
  readonly commands: readonly string[];
  /** The lines of .ci/images: each is an image with its digest. */
  readonly images: readonly string[];
}

interface Dependabot {
  readonly updates: readonly { readonly "package-ecosystem": string; readonly directories?: readonly string[] }[];
}

export const TEXTS = {
  ci: ".github/workflows/ci.yml",
  release: ".github/workflows/release.yml",
  dependabot: ".github/dependabot.yml",
  images: ".ci/images",
} as const;

export type Texts = Record<keyof typeof TEXTS, string>;

function lockedFolders(): string[] {
  // In a job's container, another user owns the checkout. git refuses that by default.
  const files = execFileSync(
    "git",
    ["-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard"],
    { cwd: root },
  );
  const locks = String(files).match(/^(.*\/)?package-lock\.json$/gm) ?? [];
  return locks.map((path) => join("/", dirname(path)));
}

const locked = lockedFolders();

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

export function readTexts(): Texts {
  return {
    ci: read(TEXTS.ci),
    release: read(TEXTS.release),
    dependabot: read(TEXTS.dependabot),
    images: read(TEXTS.images),
  };
}

export function readProject(texts: Texts): Project {
  const manifest = JSON.parse(read("package.json"));
  const { updates } = parse(texts.dependabot) as Dependabot;
  return {
    texts,
    ci: parse(texts.ci) as Workflow,
    release: parse(texts.release) as Workflow,
    updated: updates.find((update) => update["package-ecosystem"] === "npm")?.directories ?? [],
    locked,
    scripts: Object.keys(manifest.scripts),
    oldestNode: Number(/\d+/.exec(manifest.engines.node)?.[0]),
    run: read(".ci/run"),
    commands: [
      ...readdirSync(join(root, ".ci")),
      ...readdirSync(join(root, "scripts")).map((name) => `scripts/${name}`),
    ],
    images: texts.images.split("\n").filter((line) => line !== "" && !line.startsWith("#")),
  };
}

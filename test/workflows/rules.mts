// What this project asks of its workflows beyond GitHub's schema. A rule returns a sentence for each thing that is wrong.
import { targets } from "../../scripts/prebuilds/targets.mts";
import type { Job, Project, Step, Workflow } from "./project.mts";

type Rule = (project: Project) => string[];

function without(wanted: Iterable<string>, given: Iterable<string>): string[] {
  const there = new Set(given);
  return [...new Set(wanted)].filter((one) => !there.has(one));
}

function jobsOf({ ci, release }: Project): { where: string; id: string; job: Job }[] {
  return Object.entries({ ci, release }).flatMap(([name, { jobs }]) =>
    Object.entries(jobs).map(([id, job]) => ({ where: `${name}.yml, ${id}`, id, job })),
  );
}

function stepsOf(project: Project): { where: string; step: Step }[] {
  return jobsOf(project).flatMap(({ where, job }) => (job.steps ?? []).map((step) => ({ where, step })));
}

function scriptsIn(commands: string): string[] {
  return [...commands.matchAll(/\bnpm (?:run (?:--silent )?([\w:]+)|(test)\b)/g)].map(([, run, test]) => run ?? test!);
}

/** What a job runs of package.json, what its matrix names included. */
function scriptsOf({ steps = [], strategy }: Job): string[] {
  const suites = strategy?.matrix["suite"] ?? [];
  return [...scriptsIn(steps.map(({ run }) => run).join("\n")), ...suites.map(String)];
}

const pinned: Rule = ({ texts }) => {
  const uses = [...`${texts.ci}${texts.release}`.matchAll(/\buses: (?!\.\/)(.*)/g)].map(([, used]) => used!);
  const pins = new Map(uses.map((used) => [used.split("@")[0], used]));
  return [
    ...uses
      .filter((used) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(used))
      .map((used) => `${used} is not pinned by a commit, with its version as the comment`),
    ...uses
      .filter((used) => pins.get(used.split("@")[0]) !== used)
      .map((used) => `two commits of one action: ${used}, ${pins.get(used.split("@")[0])}`),
  ];
};

const leastPermissions: Rule = (project) => [
  ...[project.ci, project.release]
    .filter(({ permissions }) => !permissions || Object.keys(permissions).length > 0)
    .map(() => "a workflow's own permissions are not {}"),
  ...jobsOf(project)
    .filter(({ job }) => !job.permissions)
    .map(({ where }) => `${where} has no permissions`),
];

/** Where something may be written, neither the checkout nor a package runs. */
const nothingRunsWhereWriting: Rule = (project) =>
  jobsOf(project)
    .filter(({ job }) => Object.values(job.permissions ?? {}).includes("write"))
    .filter(({ job }) =>
      job.steps?.some(({ uses = "", run = "" }) => /\/checkout@/.test(uses) || /\bnpm (?!publish )|\.ci\//.test(run)),
    )
    .map(({ where }) => `${where} may write, and runs other code than GitHub's and npm's`);

const MAY_WRITE: Readonly<Record<string, string>> = { publish: "id-token", announce: "contents" };

const onlyTheseWrite: Rule = (project) =>
  jobsOf(project).flatMap(({ where, id, job: { permissions = {} } }) =>
    Object.keys(permissions)
      .filter((scope) => permissions[scope] !== "read" && MAY_WRITE[id] !== scope)
      .map((scope) => `${where} may write ${scope}`),
  );

const timeouts: Rule = (project) =>
  jobsOf(project)
    .filter(({ job }) => !job.uses && !job["timeout-minutes"])
    .map(({ where }) => `${where} has no timeout-minutes`);

/** Values reach a command by its environment; what takes more than a line is a script. */
const plainCommands: Rule = (project) =>
  stepsOf(project)
    .filter(({ step }) => /\$\{\{|\n./.test(step.run ?? ""))
    .map(({ where, step }) => `${where}: an expression or several lines in a command: ${step.run}`);

const noCredentialsKept: Rule = (project) =>
  stepsOf(project)
    .filter(({ step }) => step.uses?.startsWith("actions/checkout@") && step.with?.["persist-credentials"] !== false)
    .map(({ where }) => `${where}: the checkout keeps its credentials`);

/** GitHub ignores an input that it does not know. */
const INPUTS: Readonly<Record<string, readonly string[]>> = {
  "actions/checkout": ["persist-credentials"],
  "actions/setup-node": ["node-version", "cache", "package-manager-cache"],
  "actions/upload-artifact": ["name", "path", "if-no-files-found"],
  "actions/download-artifact": ["name", "path", "pattern", "merge-multiple"],
};

const knownInputs: Rule = (project) =>
  stepsOf(project).flatMap(({ where, step: { uses, with: inputs = {} } }) =>
    without(Object.keys(inputs), INPUTS[uses?.split("@")[0] ?? ""] ?? []).map(
      (input) => `${where}: ${uses} has no input ${input}`,
    ),
  );

/** Any run on any branch can write a cache. */
const noCacheInRelease: Rule = ({ release }) =>
  Object.values(release.jobs)
    .flatMap(({ steps = [] }) => steps)
    .filter(({ uses }) => uses?.startsWith("actions/setup-node@") || uses?.startsWith("actions/cache@"))
    .filter((step) => step.with?.["cache"] !== undefined || step.with?.["package-manager-cache"] !== false)
    .map(() => "release.yml uses a cache");

const commandsExist: Rule = (project) => [
  ...without(
    jobsOf(project).flatMap(({ job }) => scriptsOf(job)),
    project.scripts,
  ).map((script) => `package.json has no script ${script}`),
  ...without(
    stepsOf(project).flatMap(({ step }) => [...(step.run ?? "").matchAll(/\.ci\/([\w-]+)/g)].map(([, name]) => name!)),
    project.commands,
  ).map((command) => `there is no .ci/${command}`),
];

const nodeVersions: Rule = (project) => {
  const supported = [0, 2, 4, 6].map((more) => project.oldestNode + more).join();
  return jobsOf(project)
    .filter(({ job }) => (job.strategy?.matrix["node"]?.join() ?? supported) !== supported)
    .map(({ where }) => `${where}: not Node ${supported}`);
};

const everyTargetIsBuiltOnce: Rule = ({ release }) => {
  const rows = Object.values(release.jobs).flatMap(({ strategy }) => strategy?.matrix["include"] ?? []);
  const built = rows.flatMap((row) => (row as { targets: string }).targets.split(" "));
  const wanted = targets.map(({ name }) => name);
  return built.toSorted().join(" ") === wanted.toSorted().join(" ")
    ? []
    : [`release.yml builds ${built.join(", ")}, the package has ${wanted.join(", ")}`];
};

/** All but the jobs after it, through however many others. */
function waitsForAll(name: string, { jobs }: Workflow, last: string): string[] {
  const reached = new Set([last]);
  for (const id of reached) jobs[id]?.needs?.forEach((need) => reached.add(need));
  return without(Object.keys(jobs), reached)
    .filter((id) => !jobs[id]?.needs?.includes(last))
    .map((id) => `${name}: ${last} does not wait for ${id}`);
}

const lastWaitsForAll: Rule = ({ ci, release }) => [
  ...waitsForAll("ci.yml", ci, "ci"),
  ...waitsForAll("release.yml", release, "publish"),
];

/** Figures from a shared runner mean nothing, so bench is the exception. */
const ciRunsWhatRunsLocally: Rule = ({ ci, run }) =>
  without(scriptsIn(run), [...Object.values(ci.jobs).flatMap(scriptsOf), "bench"]).map(
    (script) => `.ci/run runs ${script}, no job of ci.yml does`,
  );

const everyProjectIsUpdated: Rule = ({ updated, locked }) => [
  ...without(locked, updated).map((folder) => `dependabot.yml leaves out ${folder}`),
  ...without(updated, locked).map((folder) => `dependabot.yml names ${folder}, which has no package-lock.json`),
];

export const RULES: readonly Rule[] = [
  pinned,
  leastPermissions,
  nothingRunsWhereWriting,
  onlyTheseWrite,
  timeouts,
  plainCommands,
  noCredentialsKept,
  knownInputs,
  noCacheInRelease,
  commandsExist,
  nodeVersions,
  everyTargetIsBuiltOnce,
  lastWaitsForAll,
  ciRunsWhatRunsLocally,
  everyProjectIsUpdated,
];

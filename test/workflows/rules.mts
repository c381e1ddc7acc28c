// The rules for workflows beyond GitHub's schema. A rule returns a sentence for each fault. actionlint has none of
// them. zizmor has some (pins, kept credentials, caches), but neither npm nor Debian ships it.
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

/** The scripts of package.json that a job runs, including those that its matrix names. */
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

/** A job that may write runs neither the checkout nor a package. */
const nothingRunsWhereWriting: Rule = (project) =>
  jobsOf(project)
    .filter(({ job }) => Object.values(job.permissions ?? {}).includes("write"))
    .filter(({ job }) =>
      job.steps?.some(({ uses = "", run = "" }) => /\/checkout@/.test(uses) || /\bnpm (?!publish )|\.ci\//.test(run)),
    )
    .map(({ where }) => `${where} may write, and runs code that is not GitHub's or npm's`);

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

/** A command gets values from its environment. A command of more than one line must be a script. */
const plainCommands: Rule = (project) =>
  stepsOf(project)
    .filter(({ step }) => /\$\{\{|\n./.test(step.run ?? ""))
    .map(({ where, step }) => `${where}: an expression or several lines in a command: ${step.run}`);

const noCredentialsKept: Rule = (project) =>
  stepsOf(project)
    .filter(({ step }) => step.uses?.startsWith("actions/checkout@") && step.with?.["persist-credentials"] !== false)
    .map(({ where }) => `${where}: the checkout keeps its credentials`);

/** GitHub ignores unknown inputs. */
const INPUTS: Readonly<Record<string, readonly string[]>> = {
  "actions/checkout": ["persist-credentials", "fetch-depth"],
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

/** A release uses no cache, because a run on any branch can write to it. */
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
  ...without(
    stepsOf(project).flatMap(({ step }) => step.run?.match(/\bscripts\/[\w.-]+/g) ?? []),
    project.commands,
  ).map((script) => `there is no ${script}`),
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

/** A job and all jobs that it waits for, directly or not. */
function reachedFrom(id: string, { jobs }: Workflow): Set<string> {
  const reached = new Set([id]);
  for (const one of reached) jobs[one]?.needs?.forEach((need) => reached.add(need));
  return reached;
}

/** `last` must wait for all jobs, except those that wait for `last` itself. */
function waitsForAll(name: string, workflow: Workflow, last: string): string[] {
  return without(Object.keys(workflow.jobs), reachedFrom(last, workflow))
    .filter((id) => !workflow.jobs[id]?.needs?.includes(last))
    .map((id) => `${name}: ${last} does not wait for ${id}`);
}

const lastWaitsForAll: Rule = ({ ci, release }) => [
  ...waitsForAll("ci.yml", ci, "ci"),
  ...waitsForAll("release.yml", release, "published"),
];

/** All checks of a release run before anything is built. */
const allWaitForCheck: Rule = ({ release }) =>
  Object.keys(release.jobs)
    .filter((id) => !reachedFrom(id, release).has("check"))
    .map((id) => `release.yml: ${id} does not wait for check`);

/** Only `npm publish` may fail, because the next job asks the registry. */
const failuresCount: Rule = (project) =>
  stepsOf(project)
    .filter(({ step }) => step["continue-on-error"] && !step.run?.startsWith("npm publish "))
    .map(({ where, step }) => `${where}: ${step.run ?? step.uses} may fail`);

/** Images have a digest, because a tag can move to another image. */
const imagesByDigest: Rule = (project) => {
  const { images } = project;
  const tags = images.filter((image) => !/^node:[\w-]+@sha256:[0-9a-f]{64}$/.test(image));
  const containers = jobsOf(project).flatMap(({ where, job: { container } }) => {
    const image = typeof container === "string" ? container : container?.image;
    return image === undefined || images.includes(image) ? [] : [`${where}: ${image} is not in .ci/images`];
  });
  const runs = stepsOf(project)
    .filter(({ step }) => /\bdocker run\b(?!.*\$\(sh \.ci\/image )/.test(step.run ?? ""))
    .map(({ where }) => `${where}: docker runs an image that is not from .ci/images`);
  const names = images.map((image) => image.split("@")[0]);
  const wanted = jobsOf(project).flatMap(({ job: { strategy } }) =>
    (strategy?.matrix["system"] ?? []).flatMap((system) =>
      (strategy?.matrix["node"] ?? []).map((node) => `node:${String(node)}-${String(system)}`),
    ),
  );
  return [
    ...tags.map((image) => `.ci/images: ${image} has no digest`),
    ...containers,
    ...runs,
    ...without(wanted, names as string[]).map((name) => `.ci/images has no ${name}`),
  ];
};

/** Captures are kept also if a step fails, when they are needed most. */
const capturesAreKept: Rule = (project) =>
  stepsOf(project)
    .filter(({ step }) => /capture/.test(`${step.run} ${String(step.with?.["name"])}`))
    .filter(({ step }) => !step.if?.includes("always()"))
    .map(({ where }) => `${where}: a failed step would skip the capture`);

const windowsIsTried: Rule = ({ ci, release }) =>
  Object.entries({ ci, release })
    .filter(
      ([, { jobs }]) =>
        !Object.values(jobs).some(
          (job) =>
            job["runs-on"]?.startsWith("windows-") && job.steps?.some(({ run }) => run?.includes(".ci/test-windows")),
        ),
    )
    .map(([name]) => `${name}.yml does not import the package on Windows`);

/** ci.yml runs what .ci/run runs, except bench: measurements on a shared runner mean nothing. */
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
  allWaitForCheck,
  failuresCount,
  imagesByDigest,
  capturesAreKept,
  windowsIsTried,
  ciRunsWhatRunsLocally,
  everyProjectIsUpdated,
];

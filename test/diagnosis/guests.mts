// Makes recordings on other kernels, in guests of test/kernels. An emulated processor is slow, so these are the kinds
// whose paths are slow, too.
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type { BundledFile } from "../kernels/bundle-tests.mts";
import { packInitramfs } from "../kernels/initramfs.mts";
import { kernelFiles } from "../kernels/kernel-files.mts";
import { KERNELS, type Kernel } from "../kernels/kernels.mts";
import { runMachine } from "../kernels/machine.mts";
import { findMissing } from "../kernels/needs.mts";
import { PROGRAMS } from "./build.mts";
import { KINDS, planOf } from "./kinds/kinds.mts";
import type { Plan } from "./plan.mts";

const GUEST_KINDS = "drip tight rr close stop slow rcvbuf loss3 bandwidth bloat hole".split(" ");
const SEED = 102;
/** To boot, and to start each run. */
const BOOT_S = 60;
const START_S = 30;

const root = join(import.meta.dirname, "..", "..");

export interface GuestResult {
  readonly kernel: string;
  readonly recordings: readonly string[];
  readonly failures: readonly string[];
}

/** Each kind once, with one of the two congestion controls. */
function guestPlans(): Plan[] {
  const kinds = KINDS.filter(({ name }) => GUEST_KINDS.includes(name));
  return kinds.map((kind, i) => planOf(kind, i % 2 === 0 ? "cubic" : "bbr", SEED));
}

/** Records on the kernels with these names of test/kernels/kernels.mts, all at once. */
export async function recordInGuests(names: readonly string[]): Promise<GuestResult[]> {
  const kernels = KERNELS.filter(({ name }) => names.includes(name));
  if (kernels.length !== names.length) throw new Error(`not all in kernels.mts: ${names.join(", ")}`);
  const missing = findMissing(kernels);
  if (missing.length > 0) return [{ kernel: names.join(", "), recordings: [], failures: missing }];
  return Promise.all(kernels.map(recordIn));
}

async function recordIn(kernel: Kernel): Promise<GuestResult> {
  const plans = guestPlans();
  const files = await kernelFiles(kernel);
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-diagnosis-guest-"));
  const initramfs = join(folder, "initramfs");
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(initramfs, await packInitramfs(kernel, join(files, "modules"), guestFiles(plans)));
    const durationS = plans.reduce((sum, { durationMs }) => sum + durationMs / 1000 + START_S, BOOT_S);
    const script = { path: `${relative(root, PROGRAMS)}/guest.mjs`, timeoutS: Math.ceil(durationS) };
    const { recordings, failures, said } = await runMachine(
      kernel,
      { kernel: join(files, "kernel"), initramfs, folder },
      script,
    );
    return { kernel: kernel.name, recordings, failures: failures.length > 0 ? [...failures, ...said.slice(-20)] : [] };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function guestFiles(plans: readonly Plan[]): BundledFile[] {
  const folder = relative(root, PROGRAMS);
  const programs = readdirSync(PROGRAMS).map((name) => ({
    path: join(folder, name),
    contents: readFileSync(join(PROGRAMS, name)),
    runs: true,
  }));
  return [...programs, { path: join(folder, "plans.json"), contents: Buffer.from(JSON.stringify(plans)) }];
}

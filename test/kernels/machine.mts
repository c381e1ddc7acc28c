// Starts a kernel with an initial file system and reads the guest's report.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Arch } from "./debian.mts";
import type { Kernel } from "./kernels.mts";
import { parseLine, type GuestFacts } from "./report.mts";

/** For a moment, memory holds the file system twice: packed and unpacked. */
const MEMORY_MIB = 1024;

/** Everything is emulated. That needs no privileges, and allows other processors. */
const QEMU: Readonly<Record<Arch, { program: string; machine: string[]; console: string }>> = {
  // Without cmpxchg16b, which Linux uses to allocate memory: qemu 7.2 sometimes leaves an address in the flags
  // register.
  x64: { program: "qemu-system-x86_64", machine: ["-cpu", "max,cx16=off"], console: "ttyS0" },
  arm64: { program: "qemu-system-aarch64", machine: ["-M", "virt", "-cpu", "cortex-a72"], console: "ttyAMA0" },
  s390x: { program: "qemu-system-s390x", machine: ["-cpu", "max"], console: "ttysclp0" },
};

export interface Files {
  readonly kernel: string;
  readonly initramfs: string;
  /** The folder for files of the machine itself. */
  readonly folder: string;
}

/** What the guest runs, by its path in the package's folder. */
export interface Script {
  readonly path: string;
  readonly timeoutS: number;
}

const TESTS: Script = { path: "test/kernels/guest/run-tests.mts.mjs", timeoutS: 300 };

export interface Outcome {
  /** Whether the kernel started the first process. */
  booted: boolean;
  facts: GuestFacts | undefined;
  passed: number;
  skipped: number;
  /** Of test:diagnosis. */
  readonly recordings: string[];
  readonly failures: string[];
  /** The other lines of the console, from the kernel, tests or a crash. */
  readonly said: string[];
}

/** The program that emulates the architecture on this machine. */
export function emulatorOf(kernel: Kernel): string {
  return QEMU[kernel.arch].program;
}

export async function runMachine(kernel: Kernel, files: Files, script: Script = TESTS): Promise<Outcome> {
  const [program, ...parameters] = commandFor(kernel, files, script) as [string, ...string[]];
  // A new process group, so that one signal ends all its processes.
  const machine = spawn(program, parameters, {
    detached: true,
    cwd: files.folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const end = () => {
    try {
      process.kill(-(machine.pid as number), "SIGKILL");
    } catch {
      // The group has ended already.
    }
  };
  process.on("exit", end);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end();
  }, script.timeoutS * 1000);
  const [outcome] = await Promise.all([readReport(machine.stdout), once(machine, "close")]);
  clearTimeout(timer);
  end();
  process.off("exit", end);
  if (late) outcome.failures.push(`switched off after ${script.timeoutS} s`);
  return outcome;
}

function commandFor(kernel: Kernel, files: Files, script: Script): string[] {
  // The kernel passes unknown parameters as environment to the first process.
  const environment = [
    "SOCKINFO_TEST_ALL=1",
    `SOCKINFO_TEST_LACKS=${kernel.lacks.join(",")}`,
    `NODE_FLAGS=${kernel.nodeFlags}`,
    `GUEST_SCRIPT=${script.path}`,
  ];
  const { program, machine, console } = QEMU[kernel.arch];
  // panic=-1 restarts at once after a panic. Otherwise the kernel would wait, and qemu with it.
  const words = [`console=${console}`, "quiet", "panic=-1", ...environment];
  const hardware = [...machine, "-accel", "tcg", "-m", `${MEMORY_MIB}`];
  const onlyConsole = ["-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot"];
  const boot = ["-kernel", files.kernel, "-initrd", files.initramfs, "-append", words.join(" ")];
  return [program, ...hardware, ...onlyConsole, ...boot];
}

async function readReport(console: Readable): Promise<Outcome> {
  const outcome: Outcome = {
    booted: false,
    facts: undefined,
    passed: 0,
    skipped: 0,
    recordings: [],
    failures: [],
    said: [],
  };
  const { failures, recordings, said } = outcome;
  let running = "its start";
  let reported: number | undefined;
  let status: number | undefined;
  for await (const text of createInterface(console)) {
    const line = parseLine(text);
    switch (line?.type) {
      case undefined:
        said.push(text);
        break;
      case "booted":
        outcome.booted = true;
        break;
      case "facts":
        outcome.facts = line.facts;
        break;
      case "started":
        running = line.test;
        break;
      case "passed":
      case "skipped":
        outcome[line.type]++;
        break;
      case "failed":
        failures.push([line.test, ...line.errors].join("\n"));
        break;
      case "recorded":
        recordings.push(line.recording);
        break;
      case "finished":
        reported = line.results;
        running = "its end";
        break;
      case "exited":
        status = line.status;
    }
  }
  const results = outcome.passed + outcome.skipped + recordings.length + failures.length;
  if (reported === undefined || status !== 0) failures.push(`${describeEnd(status)} at ${running}`);
  else if (reported !== results) failures.push("lines of the report were lost");
  return outcome;
}

/** A sentence about how the machine, or Node in it, ended. */
function describeEnd(status: number | undefined): string {
  if (status === undefined) return "the machine ended";
  const signal = Object.entries(constants.signals).find(([, number]) => number === status - 128)?.[0];
  return signal === undefined ? `Node exited with ${status}` : `Node crashed (${signal})`;
}

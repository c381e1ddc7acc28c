// The kernels that the tests run on. Each row states facts that the running kernel must confirm.
import type { Arch, Suite } from "./debian.mts";

export interface Kernel {
  /** The name for `npm run test:kernels -- name`. */
  readonly name: string;
  /** The start of the kernel's version. */
  readonly release: RegExp;
  readonly arch: Arch;
  readonly endianness: "BE" | "LE";
  /** The length of TCP_INFO in bytes. */
  readonly tcpInfoBytes: number;
  /** Debian's package, without a version, because the archive keeps only the newest. */
  readonly suite: Suite;
  readonly package: string;
  /** The needs of test/helpers/needs.ts that this guest lacks. If empty, no test may be skipped. */
  readonly lacks: readonly string[];
  readonly nodeFlags: string;
  /**
   * Whether to run the tests of connections. They take a quarter of the time, and matter on the oldest and newest
   * kernel, and big-endian.
   */
  readonly tests: "all" | "without-connections";
}

const usual = { endianness: "LE", lacks: [], nodeFlags: "", tests: "without-connections" } as const;
const x64 = { ...usual, arch: "x64", package: "linux-image-cloud-amd64" } as const;
const arm64 = { ...usual, arch: "arm64", package: "linux-image-cloud-arm64" } as const;
const s390x = { ...usual, arch: "s390x", package: "linux-image-s390x" } as const;
/**
 * Runs Node without V8's compilers. When the instruction MVC overwrites code, as memcpy does, qemu 7.2 invalidates
 * its translation of the first byte only, and may run the old code (fixed in qemu's commit e43ced8be18d).
 */
const NO_GENERATED_CODE = "--jitless";

/** The slowest comes first, so that it does not run alone at the end. */
export const KERNELS: readonly Kernel[] = [
  {
    ...s390x,
    name: "s390x",
    release: /^([7-9]|\d\d)\./,
    endianness: "BE",
    tcpInfoBytes: 280,
    suite: "sid",
    nodeFlags: NO_GENERATED_CODE,
    tests: "all",
  },
  { ...arm64, name: "arm64", release: /^6\.1\./, tcpInfoBytes: 232, suite: "bookworm", lacks: ["pidfd"] },
  { ...x64, name: "5.10", release: /^5\.10\./, tcpInfoBytes: 232, suite: "bullseye", lacks: ["pidfd"], tests: "all" },
  { ...x64, name: "6.12", release: /^6\.12\./, tcpInfoBytes: 248, suite: "trixie" },
  // Debian's newest kernel. If its struct grows, follow CONTRIBUTING.md, "When the kernel grows a field".
  { ...x64, name: "newest", release: /^([7-9]|\d\d)\./, tcpInfoBytes: 280, suite: "sid", tests: "all" },
  { ...x64, name: "6.1", release: /^6\.1\./, tcpInfoBytes: 232, suite: "bookworm", lacks: ["pidfd"] },
];

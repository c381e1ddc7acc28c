// The kernels that the tests run on, one row each. What a row claims of its kernel, the kernel itself must say.
import type { Arch, Suite } from "./debian.mts";

export interface Kernel {
  /** What `npm run test:kernels -- name` selects. */
  readonly name: string;
  /** How its version begins. */
  readonly release: RegExp;
  readonly arch: Arch;
  readonly endianness: "BE" | "LE";
  /** Length of TCP_INFO. */
  readonly tcpInfoBytes: number;
  /** Debian's package. Its version is found when it is downloaded: the archive keeps the newest only. */
  readonly suite: Suite;
  readonly package: string;
  /** What tests miss there, as test/helpers/needs.ts calls it. Where there is nothing, no test may be skipped. */
  readonly lacks: readonly string[];
  readonly nodeFlags: string;
  /** Those of connections take a quarter of the time, and ask for what the oldest kernel, the newest, or the byte order could change. */
  readonly tests: "all" | "without-connections";
}

const usual = { endianness: "LE", lacks: [], nodeFlags: "", tests: "without-connections" } as const;
const x64 = { ...usual, arch: "x64", package: "linux-image-cloud-amd64" } as const;
const arm64 = { ...usual, arch: "arm64", package: "linux-image-cloud-arm64" } as const;
const s390x = { ...usual, arch: "s390x", package: "linux-image-s390x" } as const;
/**
 * Without V8's compilers. Where memcpy has overwritten code, qemu 7.2 may run the old: of what the instruction MVC writes, it
 * forgets its translation of the first byte only (until its commit e43ced8be18d).
 */
const NO_GENERATED_CODE = "--jitless";

/** The slowest first, so that none is left over at the end. */
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
  // Debian's newest. When its struct grows: CONTRIBUTING.md, "When the kernel grows a field", and then here.
  { ...x64, name: "newest", release: /^([7-9]|\d\d)\./, tcpInfoBytes: 280, suite: "sid", tests: "all" },
  { ...x64, name: "6.1", release: /^6\.1\./, tcpInfoBytes: 232, suite: "bookworm", lacks: ["pidfd"] },
];

// The platforms for which the package ships a binary.

interface Machine {
  /** The value of process.arch. */
  readonly arch: string;
  /** e_machine of an ELF file, cputype of a Mach-O file. */
  readonly machine: number;
  readonly bits: 32 | 64;
  readonly endianness: "little" | "big";
}

interface LinuxMachine extends Machine {
  /**
   * The bits of e_flags that name the calling convention, and their value. Absent if the architecture has only one
   * convention.
   */
  readonly abi?: { readonly mask: number; readonly flags: number };
  /** The prefix of Debian's cross tools. */
  readonly toolchain: string;
}

interface DarwinMachine extends Machine {
  /** The oldest macOS that loads the binary: for x64 the oldest of Node 20, for arm64 the first. */
  readonly minimumMacos: string;
}

/** `name` is the binary's folder in prebuilds/. */
type Named<Platform extends string, Format extends string, Properties> = Properties & {
  readonly name: `${Platform}-${string}`;
  readonly platform: Platform;
  readonly format: Format;
};

export type LinuxTarget = Named<"linux", "ELF", LinuxMachine>;
export type DarwinTarget = Named<"darwin", "Mach-O", DarwinMachine>;
export type Target = LinuxTarget | DarwinTarget;

const linux = (machine: LinuxMachine): LinuxTarget => ({
  name: `linux-${machine.arch}`,
  platform: "linux",
  format: "ELF",
  ...machine,
});

const darwin = (machine: DarwinMachine): DarwinTarget => ({
  name: `darwin-${machine.arch}`,
  platform: "darwin",
  format: "Mach-O",
  ...machine,
});

export const targets: readonly Target[] = [
  linux({ arch: "x64", machine: 62, bits: 64, endianness: "little", toolchain: "x86_64-linux-gnu" }),
  linux({ arch: "arm64", machine: 183, bits: 64, endianness: "little", toolchain: "aarch64-linux-gnu" }),
  // ARMv7 with VFP registers for floating point, the only 32-bit ARM for which Node is built.
  linux({ arch: "arm", machine: 40, bits: 32, endianness: "little", toolchain: "arm-linux-gnueabihf", abi: { mask: 0xff_00_06_00, flags: 0x05_00_04_00 } }),
  linux({ arch: "riscv64", machine: 243, bits: 64, endianness: "little", toolchain: "riscv64-linux-gnu", abi: { mask: 0xe, flags: 0x4 } }),
  linux({ arch: "s390x", machine: 22, bits: 64, endianness: "big", toolchain: "s390x-linux-gnu" }),
  // process.arch is "ppc64" on ppc64le, too, the only POWER on Linux for which Node is built.
  linux({ arch: "ppc64", machine: 21, bits: 64, endianness: "little", toolchain: "powerpc64le-linux-gnu", abi: { mask: 0x3, flags: 0x2 } }),
  darwin({ arch: "x64", machine: 0x01_00_00_07, bits: 64, endianness: "little", minimumMacos: "10.15" }),
  darwin({ arch: "arm64", machine: 0x01_00_00_0c, bits: 64, endianness: "little", minimumMacos: "11.0" }),
];

export const hostName: string = `${process.platform}-${process.arch}`;

/** Debian's package of the cross compiler. */
export function aptPackage({ toolchain }: LinuxTarget): string {
  return `g++-${toolchain.replaceAll("_", "-")}`;
}

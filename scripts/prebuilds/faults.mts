// The rules of the gate for one binary. They look at the bytes only.
import { isElf, readElf, type ElfFile } from "./elf.mts";
import { isMachO, readMachO, type MachOFile } from "./mach-o.mts";
import { NODE_API_8 } from "./node-api.mts";
import type { DarwinTarget, LinuxTarget, Target } from "./targets.mts";

/** The four parts of a binary for Apple silicon are as long as whole pages of 16 KiB. */
const maxBytes = ({ name }: Target): number => (name === "darwin-arm64" ? 80 : 64) * 1024;

/** The functions that Node looks up. */
const ENTRY_POINTS = ["napi_register_module_v1", "node_api_module_get_api_version_v1"];

/**
 * The functions that a binary may import besides N-API 8. On Linux every libc has them under this name, without a
 * symbol version. On macOS they are in libSystem and libc++.
 */
const C_FUNCTIONS = {
  linux: [
    "__errno_location",
    "abort",
    "bind",
    "close",
    "eventfd",
    "fchownat",
    "flock",
    "free",
    "getgrgid_r",
    "getgrnam_r",
    "getpeername",
    "getpwnam_r",
    "getpwuid_r",
    "getsockname",
    "getsockopt",
    "ioctl",
    "malloc",
    "memcpy",
    "memset",
    "poll",
    "pthread_create",
    "pthread_join",
    "pthread_sigmask",
    "realloc",
    "recvmsg",
    "send",
    "setsockopt",
    "sigfillset",
    "socket",
    "strlen",
    "strnlen",
    "syscall",
    "write",
  ],
  darwin: [
    "__bzero",
    "__error",
    "_ZdaPv",
    "_ZdlPv",
    "_ZdlPvm",
    "_Znam",
    "_Znwm",
    "__cxa_pure_virtual",
    "__stack_chk_fail",
    "__stack_chk_guard",
    "abort",
    "bind",
    "bzero",
    "close",
    "dyld_stub_binder",
    "fchmodat",
    "fcntl",
    "flock",
    "free",
    "getgrgid_r",
    "getgrnam_r",
    "getpeername",
    "getpwnam_r",
    "getpwuid_r",
    "getsockname",
    "getsockopt",
    "malloc",
    "memcpy",
    "memset",
    "socket",
    "strlen",
    "strnlen",
  ],
} as const;

const DARWIN_LIBRARIES = ["/usr/lib/libSystem.B.dylib", "/usr/lib/libc++.1.dylib"];

/** A sentence for each fault of the binary; empty if it may be shipped. */
export function faultsOf(target: Target, bytes: Uint8Array): string[] {
  const limit = maxBytes(target);
  const size = bytes.length > limit ? [`has ${bytes.length} bytes, more than ${limit}`] : [];
  let file: ElfFile | MachOFile;
  try {
    if (isElf(bytes)) file = readElf(bytes);
    else if (isMachO(bytes)) file = readMachO(bytes);
    else return ["is neither an ELF nor a Mach-O file"];
  } catch (error) {
    if (error instanceof RangeError) return ["is cut short"];
    throw error;
  }
  const machine = machineFaults(target, file);
  if (machine.length > 0) return machine;
  const format =
    file.format === "ELF" ? elfFaults(target as LinuxTarget, file) : machOFaults(target as DarwinTarget, file);
  return [...size, ...format, ...symbolFaults(target, file)];
}

function machineFaults(target: Target, file: ElfFile | MachOFile): string[] {
  const properties = ["format", "machine", "bits", "endianness"] as const;
  return properties
    .filter((property) => file[property] !== target[property])
    .map((property) => `is for another machine: ${property} is ${file[property]}, not ${target[property]}`);
}

function elfFaults({ abi }: LinuxTarget, file: ElfFile): string[] {
  return [
    abi && (file.flags & abi.mask) !== abi.flags && `has the ABI of e_flags 0x${file.flags.toString(16)}`,
    !file.isLoadable && "is not a shared object",
    file.libraries.length > 0 && `needs ${file.libraries.join(", ")}`,
    file.hasSymbolVersions && "has symbol versions, so it needs one libc of a minimum version",
    file.hasSearchPath && "has a search path",
    file.hasTextRelocations && "has relocations in its code",
    file.hasWritableCode && "has writable code",
    file.hasExecutableStack && "asks for an executable stack",
    !file.bindsNow && "binds its symbols lazily",
    file.relro === "none" && "has no part that is read-only after loading (RELRO)",
    file.relro === "partial" && "has a RELRO that ends in the middle of a page",
  ].filter((fault) => typeof fault === "string");
}

function machOFaults(target: DarwinTarget, file: MachOFile): string[] {
  const libraries = file.libraries.filter((name) => !DARWIN_LIBRARIES.includes(name));
  return [
    !file.isLoadable && "is not a bundle",
    libraries.length > 0 && `needs ${libraries.join(", ")}`,
    file.hasSearchPath && "has a search path",
    file.minimumMacos !== target.minimumMacos && `is for macOS ${file.minimumMacos}, not ${target.minimumMacos}`,
    file.signature === "stale" && "was changed after it was signed",
    // macOS on arm64 runs only signed code. On x64 a signature is optional.
    file.signature === "none" && target.arch === "arm64" && "is not signed",
  ].filter((fault) => fault !== false);
}

function symbolFaults(target: Target, file: ElfFile | MachOFile): string[] {
  const allowed = new Set<string>([...NODE_API_8, ...C_FUNCTIONS[target.platform]]);
  return [
    ...file.imports.filter((name) => !allowed.has(name)).map((name) => `imports ${name}`),
    ...file.exports.filter((name) => !ENTRY_POINTS.includes(name)).map((name) => `exports ${name}`),
    ...ENTRY_POINTS.filter((name) => !file.exports.includes(name)).map((name) => `does not export ${name}`),
  ];
}

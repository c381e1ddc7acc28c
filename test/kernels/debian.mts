// Unpacks packages of any Debian release and architecture into a folder. Apt keeps its lists in the suite's cache, so
// it does not use or change the lists and packages of this system, and needs no root.
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cachedFolder, run } from "./cache.mts";

export type Suite = "bullseye" | "bookworm" | "trixie" | "sid";
export type Arch = "x64" | "arm64" | "s390x";

const DEBIAN_ARCH: Readonly<Record<Arch, string>> = { x64: "amd64", arm64: "arm64", s390x: "s390x" };

export const KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * Unpacks the packages `names` and their dependencies, and calls `use` with the folder of the result. Removes the
 * folder afterwards.
 */
export async function withPackages(
  { suite, arch }: { readonly suite: Suite; readonly arch: Arch },
  names: readonly string[],
  isWanted: (name: string) => boolean,
  use: (root: string) => Promise<void>,
): Promise<void> {
  const lists = await cachedFolder(`apt-${suite}-${arch}`, (folder) => fetchLists(folder, suite, arch));
  // Each line is: 'http://…' name_version_arch.deb size hash
  const { stdout } = await apt(lists, arch, ["install", "--no-install-recommends", "--print-uris", ...names]);
  const wanted = stdout
    .split("\n")
    .flatMap((line) => line.split(" ")[1]?.split("_")[0] ?? [])
    .filter(isWanted);
  const folder = await mkdtemp(join(tmpdir(), "sockinfo-packages-"));
  try {
    await apt(lists, arch, ["download", ...wanted], folder);
    const root = join(folder, "root");
    for (const file of await readdir(folder)) await run("dpkg-deb", ["--extract", join(folder, file), root]);
    await use(root);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function fetchLists(folder: string, suite: Suite, arch: Arch): Promise<void> {
  await mkdir(join(folder, "lists/partial"), { recursive: true });
  await mkdir(join(folder, "archives/partial"), { recursive: true });
  await writeFile(join(folder, "status"), "");
  await writeFile(join(folder, "sources.list"), `deb [signed-by=${KEYS}] http://deb.debian.org/debian ${suite} main\n`);
  await apt(folder, arch, ["update"]);
}

/** Runs apt-get for an empty system of the architecture, with its state in `folder`. */
function apt(folder: string, arch: Arch, parameters: readonly string[], cwd = folder): Promise<{ stdout: string }> {
  const settings = [
    `APT::Architecture=${DEBIAN_ARCH[arch]}`,
    `APT::Architectures::=${DEBIAN_ARCH[arch]}`,
    // As root, apt would change to a user who may not enter our folders.
    "APT::Sandbox::User=root",
    // By default, a failed download of a list is only a warning.
    "APT::Update::Error-Mode=any",
    "Acquire::Retries=3",
    "Acquire::GzipIndexes=true",
    "Acquire::Languages=none",
    "Debug::NoLocking=1",
    `Dir::Cache=${folder}`,
    `Dir::State=${folder}`,
    `Dir::State::status=${join(folder, "status")}`,
    `Dir::Etc::SourceList=${join(folder, "sources.list")}`,
    "Dir::Etc::SourceParts=/dev/null",
    "Dir::Etc::PreferencesParts=/dev/null",
  ];
  return run("apt-get", [...settings.flatMap((setting) => ["-o", setting]), "-qq", ...parameters], { cwd });
}

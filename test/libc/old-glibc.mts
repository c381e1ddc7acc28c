// Downloads the glibc of Debian 11, to run Node with it.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const OLD_GLIBC = "2.31";

/** Debian moves old releases from the first server to the second. The hashes prove that a file is the same. */
const POOLS = ["http://deb.debian.org/debian/pool/main/g", "http://archive.debian.org/debian/pool/main/g"];
/** Path and SHA-256. The C++ library is of the same age, because a newer one needs a newer glibc. */
const PACKAGES: Readonly<Record<string, string>> = {
  "glibc/libc6_2.31-13+deb11u11_amd64.deb": "05f7264da867b37f4c5ce49266b558ea1e81e05a9464f623152fca70f3550282",
  "gcc-10/libstdc++6_10.2.1-6_amd64.deb": "5c155c58935870bf3b4bfe769116841c0d286a74f59eccfd5645693ac23f06b1",
  "gcc-10/libgcc-s1_10.2.1-6_amd64.deb": "e478f2709d8474165bb664de42e16950c391f30eaa55bc9b3573281d83a29daf",
};

/** The command that runs a program with the old glibc. The first call downloads and unpacks it into `cache`. */
export async function oldGlibc(cache: string): Promise<[string, ...string[]]> {
  const root = join(cache, `glibc-${OLD_GLIBC}`);
  if (!existsSync(root)) await unpackInto(root);
  const libraries = ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"].map((folder) => join(root, folder));
  return [join(root, `lib/x86_64-linux-gnu/ld-${OLD_GLIBC}.so`), "--library-path", libraries.join(":")];
}

async function unpackInto(root: string): Promise<void> {
  const unfinished = `${root}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  for (const [path, hash] of Object.entries(PACKAGES)) {
    const bytes = await download(path);
    if (createHash("sha256").update(bytes).digest("hex") !== hash)
      throw new Error(`${path}: the file on the server has changed`);
    const file = join(unfinished, "package.deb");
    writeFileSync(file, bytes);
    execFileSync("dpkg-deb", ["--extract", file, unfinished]);
    rmSync(file);
  }
  renameSync(unfinished, root);
}

async function download(path: string): Promise<Buffer> {
  for (const pool of POOLS) {
    const response = await fetch(`${pool}/${path}`);
    if (response.ok) return Buffer.from(await response.arrayBuffer());
  }
  throw new Error(`${path} is neither on ${POOLS.join(" nor on ")}`);
}

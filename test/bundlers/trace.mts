// Lists the files that a program needs according to @vercel/nft.
import { createRequire } from "node:module";
import { join } from "node:path";

interface Nft {
  nodeFileTrace(files: string[], options: { base: string }): Promise<{ fileList: Set<string> }>;
}

/** The paths are relative to the project. */
export async function trace(project: string, file: string): Promise<string[]> {
  // Required at run time, because only this suite installs the package.
  const { nodeFileTrace } = createRequire(import.meta.url)("@vercel/nft") as Nft;
  const { fileList } = await nodeFileTrace([join(project, file)], { base: project });
  return [...fileList];
}

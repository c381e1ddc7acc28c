// The files that @vercel/nft finds a program to need. Used by bundlers.mts.
import { createRequire } from "node:module";
import { join } from "node:path";

interface Nft {
  nodeFileTrace(files: string[], options: { base: string }): Promise<{ fileList: Set<string> }>;
}

/** Relative to the project. */
export async function trace(project: string, file: string): Promise<string[]> {
  // Not imported: it is there only when this suite has installed it.
  const { nodeFileTrace } = createRequire(import.meta.url)("@vercel/nft") as Nft;
  const { fileList } = await nodeFileTrace([join(project, file)], { base: project });
  return [...fileList];
}

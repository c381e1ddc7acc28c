// A local registry for one package. It stores what `npm publish` sends, and serves it as the public registry does.
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { expect } from "vitest";
import { newMachine } from "./machine";
import { emptyProject } from "./project";

/** The manifest of one version, as `npm publish` sends it. */
export interface Manifest {
  readonly [field: string]: unknown;
  readonly dist: { readonly tarball: string; readonly integrity: string };
  readonly scripts?: Readonly<Record<string, string>>;
}

interface Publication {
  readonly name: string;
  readonly "dist-tags": Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, Manifest>>;
  readonly _attachments: Readonly<Record<string, { readonly data: string }>>;
}

export interface Registry {
  readonly url: string;
  /** The requests so far, as "GET /sockinfo". */
  readonly requests: string[];
  /** Runs `npm publish` for a folder or a tarball. */
  publish(what: string): Promise<void>;
  published(): Manifest;
  close(): void;
}

/** The .npmrc of a project. It switches off npm's requests about updates of npm and about vulnerabilities. */
export function npmrc({ url }: Registry): string {
  return `registry=${url}\n${url.replace("http:", "")}:_authToken=none\naudit=false\nupdate-notifier=false\n`;
}

/**
 * The registry sends only these fields to installers.
 * https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md
 */
const ABBREVIATED = ["name", "version", "bin", "cpu", "dependencies", "directories", "dist", "engines", "os"];
const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall"];

export async function startRegistry(): Promise<Registry> {
  const requests: string[] = [];
  let publication: Publication | undefined;

  async function answer(request: IncomingMessage): Promise<object | Buffer | undefined> {
    const { method, url = "", headers } = request;
    requests.push(`${method} ${url}`);
    if (method === "PUT") publication = (await json(request)) as Publication;
    if (method !== "GET") return {}; // The answer to a publication, and to a request for advisories.
    if (publication === undefined) return undefined;
    const [file, attachment] = Object.entries(publication._attachments)[0] ?? [];
    if (attachment !== undefined && url.endsWith(`/-/${file}`)) return Buffer.from(attachment.data, "base64");
    if (url !== `/${publication.name}`) return undefined;
    return describe(publication, headers.accept?.includes("application/vnd.npm.install-v1+json") === true);
  }

  const server = createServer(async (request, response) => {
    const body = await answer(request);
    response.statusCode = body === undefined ? 404 : 200;
    response.end(body instanceof Buffer ? body : JSON.stringify(body ?? {}));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const registry: Registry = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    async publish(what) {
      const folder = emptyProject({ ".npmrc": npmrc(registry) });
      const { status, stderr } = await newMachine().runNpm(folder, "publish", what, "--ignore-scripts", "--tag=latest");
      expect(status, stderr).toBe(0);
    },
    published() {
      const [manifest] = Object.values(publication?.versions ?? {});
      if (manifest === undefined) throw new Error("nothing was published");
      return manifest;
    },
    close: () => server.close(),
  };
  return registry;
}

function describe(publication: Publication, abbreviated: boolean): object {
  const { name, "dist-tags": tags } = publication;
  const versions = Object.entries(publication.versions).map(([version, manifest]) => {
    const hasInstallScript = INSTALL_SCRIPTS.some((script) => manifest.scripts?.[script] !== undefined);
    const fields = Object.entries(manifest).filter(([field]) => !abbreviated || ABBREVIATED.includes(field));
    return [version, { ...Object.fromEntries(fields), ...(hasInstallScript && { hasInstallScript }) }] as const;
  });
  // An old date, because some installers refuse new versions.
  const long = "2025-01-01T00:00:00.000Z";
  const time = Object.fromEntries(
    ["created", "modified", ...versions.map(([version]) => version)].map((key) => [key, long]),
  );
  return { name, "dist-tags": tags, versions: Object.fromEntries(versions), time, modified: long };
}

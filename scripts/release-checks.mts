// The conditions that the sources and npm's registry must meet before a tag becomes a release. Imports no package,
// because the first job of release.yml installs none.

export interface Release {
  readonly tag: string;
  /** "owner/name" on GitHub. */
  readonly repository: string;
  readonly manifest: { readonly version: string; readonly repository?: { readonly url?: string } };
  readonly changelog: string;
}

/** The part of the registry's data about the package that is needed here. */
export interface Packument {
  readonly repository?: { readonly url?: string };
  readonly "dist-tags": { readonly latest?: string };
  readonly versions: Readonly<Record<string, { readonly dist: { readonly integrity: string } }>>;
}

/** The lines below the version's heading in the changelog, without the heading. */
export function releaseNotes(changelog: string, version: string): string | undefined {
  const sections = changelog.split(/^## /m);
  const section = sections.find((text) => /^(\S+) - \d{4}-\d\d-\d\d\n/.exec(text)?.[1] === version);
  return section?.slice(section.indexOf("\n")).trim() || undefined;
}

export function releaseProblems({ tag, repository, manifest, changelog }: Release): string[] {
  // The registry compares this text with the repository that signs the provenance.
  const url = `git+https://github.com/${repository}.git`;
  const facts: [boolean, string][] = [
    // npm refuses to publish "1.0.0-beta.1" as the latest version.
    [/^\d+\.\d+\.\d+$/.test(manifest.version), `package.json's version is ${manifest.version}, not three numbers`],
    [tag === `v${manifest.version}`, `the tag is ${tag}, package.json's version is ${manifest.version}`],
    [
      releaseNotes(changelog, manifest.version) !== undefined,
      `CHANGELOG.md has no notes under "## ${manifest.version} - <date>"`,
    ],
    [manifest.repository?.url === url, `package.json's repository.url is ${manifest.repository?.url}, not ${url}`],
  ];
  return facts.filter(([holds]) => !holds).map(([, problem]) => problem);
}

/**
 * `packument` is `undefined` for a package that the registry does not have. If `isRepeated`, an earlier attempt of
 * the same run may have published the version.
 */
export function registryProblems(
  { manifest }: Release,
  packument: Packument | undefined,
  isRepeated: boolean,
): string[] {
  if (packument === undefined) return [];
  const { version, repository } = manifest;
  const { latest = "0.0.0" } = packument["dist-tags"];
  const isPublished = packument.versions[version] !== undefined;
  const facts: [boolean, string][] = [
    [
      packument.repository?.url === repository?.url,
      `npm's package is of the repository ${packument.repository?.url}, not ${repository?.url}`,
    ],
    [!isPublished || isRepeated, `npm has version ${version} already`],
    [isPublished || isNewer(version, latest), `npm's latest version is ${latest}, which ${version} would replace`],
  ];
  return facts.filter(([holds]) => !holds).map(([, problem]) => problem);
}

function isNewer(version: string, other: string): boolean {
  return version.localeCompare(other, "en", { numeric: true }) > 0;
}

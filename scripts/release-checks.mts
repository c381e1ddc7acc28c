// What has to be true of the sources before a tag becomes a release. Used by pack-release.mts.

export interface Release {
  readonly tag: string;
  /** "owner/name" on GitHub. */
  readonly repository: string;
  readonly manifest: { readonly version: string; readonly repository?: { readonly url?: string } };
  readonly changelog: string;
}

/** The lines under the version's heading, without the heading. */
export function releaseNotes(changelog: string, version: string): string | undefined {
  const sections = changelog.split(/^## /m);
  const section = sections.find((text) => /^(\S+) - \d{4}-\d\d-\d\d\n/.exec(text)?.[1] === version);
  return section?.slice(section.indexOf("\n")).trim() || undefined;
}

export function releaseProblems({ tag, repository, manifest, changelog }: Release): string[] {
  // The registry compares it with the repository that signs, letter by letter.
  const url = `git+https://github.com/${repository}.git`;
  const facts: [boolean, string][] = [
    [tag === `v${manifest.version}`, `the tag is ${tag}, package.json's version is ${manifest.version}`],
    [
      releaseNotes(changelog, manifest.version) !== undefined,
      `CHANGELOG.md has no notes under "## ${manifest.version} - <date>"`,
    ],
    [manifest.repository?.url === url, `package.json's repository.url is ${manifest.repository?.url}, not ${url}`],
  ];
  return facts.filter(([holds]) => !holds).map(([, problem]) => problem);
}

// The reasons to refuse a release before anything is packed.
import { describe, expect, test } from "vitest";
import { registryProblems, releaseNotes, releaseProblems } from "../../scripts/release-checks.mts";

const changelog = `# Changelog

## 1.1.0 - unreleased

- Not yet.

## 1.0.1 - 2026-11-20

### Fixed

- A thing.

## 1.0.0 - 2026-11-19
`;

const release = {
  tag: "v1.0.1",
  repository: "Owner/sockinfo",
  manifest: { version: "1.0.1", repository: { url: "git+https://github.com/Owner/sockinfo.git" } },
  changelog,
};

test("the notes are the section of the version", () => {
  expect(releaseNotes(changelog, "1.0.1")).toBe("### Fixed\n\n- A thing.");
});

test("a section without a date, without text or of another version is not used", () => {
  expect(["1.1.0", "1.0.0", "1.0", "1x0.1"].map((version) => releaseNotes(changelog, version))).toEqual(
    Array(4).fill(undefined),
  );
});

test("a release that fits has no problems", () => {
  expect(releaseProblems(release)).toEqual([]);
});

test.each([
  ["the tag of another version", { tag: "v1.0.2" }, "the tag is v1.0.2"],
  ["a tag without v", { tag: "1.0.1" }, "the tag is 1.0.1"],
  ["a changelog without the version", { changelog: "# Changelog\n" }, "no notes"],
  ["a repository in other letters", { repository: "owner/sockinfo" }, "repository.url"],
  [
    "a beta version",
    {
      tag: "v1.0.1-beta.1",
      manifest: { ...release.manifest, version: "1.0.1-beta.1" },
      changelog: changelog.replace("1.0.1", "1.0.1-beta.1"),
    },
    "not three numbers",
  ],
  ["no repository", { manifest: { version: "1.0.1" } }, "repository.url is undefined"],
])("%s is a problem", (_what, change, problem) => {
  expect(releaseProblems({ ...release, ...change })).toEqual([expect.stringContaining(problem)]);
});

describe("what npm has", () => {
  const url = release.manifest.repository.url;
  const published = (latest: string, repository = url) => ({
    repository: { url: repository },
    "dist-tags": { latest },
    versions: { [latest]: { dist: { integrity: "sha512-of-that" } } },
  });

  test.each([
    ["no package", undefined, false],
    ["an older version", published("1.0.0"), false],
    ["an older version with fewer digits", published("0.9.10"), false],
    ["this version, from an earlier attempt of the same run", published("1.0.1"), true],
  ])("%s: no problem", (_what, packument, isRepeated) => {
    expect(registryProblems(release, packument, isRepeated)).toEqual([]);
  });

  test.each([
    ["this version", published("1.0.1"), "npm has version 1.0.1 already"],
    ["a newer version", published("1.10.0"), "npm's latest version is 1.10.0"],
    [
      "the package of another repository",
      published("1.0.0", "git+https://github.com/else/x.git"),
      "npm's package is of",
    ],
  ])("%s is a problem", (_what, packument, problem) => {
    expect(registryProblems(release, packument, false)).toEqual([expect.stringContaining(problem)]);
  });
});

// What stops a release before anything is packed.
import { expect, test } from "vitest";
import { releaseNotes, releaseProblems } from "../../scripts/release-checks.mts";

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

test("the notes are the section of that version", () => {
  expect(releaseNotes(changelog, "1.0.1")).toBe("### Fixed\n\n- A thing.");
});

test("a section without date, without text or for another version is none", () => {
  expect(["1.1.0", "1.0.0", "1.0", "1x0.1"].map((version) => releaseNotes(changelog, version))).toEqual(
    Array(4).fill(undefined),
  );
});

test("a release that fits has no problems", () => {
  expect(releaseProblems(release)).toEqual([]);
});

test.each([
  ["tag", { tag: "v1.0.2" }, "the tag is v1.0.2"],
  ["tag without v", { tag: "1.0.1" }, "the tag is 1.0.1"],
  ["changelog", { changelog: "# Changelog\n" }, "no notes"],
  ["repository's letters", { repository: "owner/sockinfo" }, "repository.url"],
  ["missing repository", { manifest: { version: "1.0.1" } }, "repository.url is undefined"],
])("a wrong %s is named", (_what, change, problem) => {
  expect(releaseProblems({ ...release, ...change })).toEqual([expect.stringContaining(problem)]);
});

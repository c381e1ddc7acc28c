// Each policy by which macOS refuses an intact binary has its remedy. The reasons are those that users reported.
import { expect, test } from "vitest";
import { remedyForMacPolicy } from "../../src/addon/mac-policy";

const signature = (reason: string) => `code signature in <4C4C44> '/a.node' not valid for use in process: ${reason}`;

/** As dlopen() reports it. */
const inMessage = (reason: string) =>
  `dlopen(/a.node, 0x0001): tried: '/a.node' (${reason}), '/System/Cryptexes/OS/a.node' (no such file)`;

test.each([
  [
    "another team",
    signature("mapping process and mapped file (non-platform) have different Team IDs"),
    "com.apple.security.cs.disable-library-validation",
  ],
  [
    "no team",
    signature("mapped file has no Team ID and is not a platform binary (signed with custom identity or adhoc?)"),
    "com.apple.security.cs.disable-library-validation",
  ],
  [
    "a program of Apple's",
    signature("mapping process is a platform binary, but mapped file is not"),
    "com.apple.security.cs.disable-library-validation",
  ],
  [
    "an older system's words",
    "code signature in (/a.node) not valid for use in process using Library Validation: mapping process and mapped " +
      "file (non-platform) have different Team IDs",
    "com.apple.security.cs.disable-library-validation",
  ],
  ["quarantine", signature("library load disallowed by system policy"), "xattr -d com.apple.quarantine"],
  ["an administrator", signature("library load denied by system policy"), "xattr -d com.apple.quarantine"],
  ["no signature", signature("Trying to load an unsigned library"), "codesign --sign -"],
  ["an app's sandbox", "file system sandbox blocked open() of '/a.node'", "the sandbox of this program"],
  ["its signature", "code signing blocked mmap() of '/a.node'", "codesign --verify"],
  ["anything else", signature("system is shutting down"), "codesign --verify"],
])("%s", (_name, reason, remedy) => {
  expect(remedyForMacPolicy(inMessage(reason))).toContain(remedy);
});

test("damage is no policy", () => {
  expect(remedyForMacPolicy(inMessage("code signature invalid in <4C4C44> '/a.node' (errno=1)"))).toBeUndefined();
});

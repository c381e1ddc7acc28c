// macOS may refuse an intact binary by policy. The dynamic linker's message then has one of the parts below, and each
// policy has its own remedy.

/** The order counts: the last pattern also matches the messages of the first three. */
const REMEDIES: readonly (readonly [message: RegExp, remedy: string])[] = [
  [
    /different Team IDs|has no Team ID|mapping process is a platform binary/,
    "macOS refuses it by library validation: the program and the binary are signed by different teams. " +
      "Sign the program with the entitlement com.apple.security.cs.disable-library-validation, " +
      "or sign the binary as the program is signed: codesign --force --sign <identity> <the binary>",
  ],
  [
    /by system policy/,
    "macOS refuses it by system policy, as a file that came by a browser or in an archive (quarantine). " +
      "If you trust it: xattr -d com.apple.quarantine <the binary>",
  ],
  [/unsigned/, "macOS refuses it because it is not signed. If you trust it: codesign --sign - <the binary>"],
  [
    /sandbox blocked/,
    "macOS refuses it by the sandbox of this program. Put it into the program's own folder, or allow that folder",
  ],
  [
    /not valid for use in process|code signing blocked/,
    "macOS refuses its signature in this process. See what is wrong: codesign --verify --verbose <the binary>",
  ],
];

/** The remedy, `undefined` where no policy refused the binary. */
export function remedyForMacPolicy(message: string): string | undefined {
  return REMEDIES.find(([part]) => part.test(message))?.[1];
}

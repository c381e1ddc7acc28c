// What to do when a policy of macOS refuses an intact binary. The dynamic linker's message tells the policies apart.

/** Tried in this order, because the last pattern also matches the messages of the first three. */
const REMEDIES: readonly (readonly [message: RegExp, remedy: string])[] = [
  [
    /different Team IDs|has no Team ID|mapping process is a platform binary/,
    "macOS refuses it by library validation: the program and the binary are signed by different teams. " +
      "Sign the program with the entitlement com.apple.security.cs.disable-library-validation, " +
      "or sign the binary with the program's identity: codesign --force --sign <identity> <the binary>",
  ],
  [
    /by system policy/,
    "macOS refuses it by system policy, like other files from a browser or an archive (quarantine). " +
      "If you trust it, run xattr -d com.apple.quarantine <the binary>",
  ],
  [/unsigned/, "macOS refuses it because it is not signed. If you trust it, run codesign --sign - <the binary>"],
  [
    /sandbox blocked/,
    "macOS refuses it by the sandbox of this program. " +
      "Put the binary into the program's own folder, or allow its folder",
  ],
  [
    /not valid for use in process|code signing blocked/,
    "macOS refuses its signature in this process. To see why, run codesign --verify --verbose <the binary>",
  ],
];

/** Returns `undefined` where no policy refused the binary. */
export function remedyForMacPolicy(message: string): string | undefined {
  return REMEDIES.find(([part]) => part.test(message))?.[1];
}

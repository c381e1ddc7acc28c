// Mistakes that lint.mts must find: in which file, what becomes what, and a part of what is said about it.
import type { Texts } from "./project.mts";

type Mistake = readonly [file: keyof Texts, from: string | RegExp, to: string, says: string];

export const MISTAKES: readonly Mistake[] = [
  // GitHub's schema.
  ["ci", "    timeout-minutes: 30", "    timeout-minute: 30", "timeout-minute"],
  ["ci", "github.event_name", "github.event_nam", "event_nam"],
  ["ci", "NODE: ${{ matrix.node }}", "NODE: ${{ matrix.nodes }}", "nodes"],
  ["ci", "  cancel-in-progress:", "  cancel-in-progres:", "cancel-in-progres"],
  ["ci", "needs: [linux,", "needs: [linus,", "linus"],
  ["ci", '"17 5 * * 1"', '"17 25 * * 1"', "cron"],
  ["ci", "if: always()", "if: alway()", "alway"],
  ["release", "id-token: write", "id-tokens: write", "id-tokens"],
  ["release", "./.github/workflows/ci.yml", "./.github/workflows/cy.yml", "reusable workflow"],
  // Our own rules.
  ["ci", /checkout@\w+/, "checkout@v7", "not pinned"],
  ["ci", / # v\d+\.\d+\.\d+/, "", "not pinned"],
  ["ci", /checkout@\w+/, `checkout@${"0".repeat(40)}`, "two commits"],
  ["ci", "permissions: {}", "permissions: { contents: read }", "own permissions"],
  ["ci", "    permissions:\n      contents: read\n", "", "no permissions"],
  ["release", "      - run: npm publish", "      - run: npm ci\n      - run: npm publish", "runs other code"],
  ["release", "      contents: read", "      id-token: write", "may write id-token"],
  ["ci", "    timeout-minutes: 30\n", "", "no timeout-minutes"],
  ["ci", 'npm run "$SUITE"', "npm run ${{ matrix.suite }}", "an expression"],
  ["ci", "- run: npm ci", "- run: |\n          npm ci\n          npm test", "several lines"],
  ["ci", "persist-credentials: false", "persist-credentials: true", "keeps its credentials"],
  ["release", "merge-multiple", "merge-all", "no input merge-all"],
  ["release", "package-manager-cache: false", "cache: npm", "uses a cache"],
  ["ci", "npm run demo", "npm run demos", "no script demos"],
  ["ci", "- lint:workflows", "- lint:workflow", "no script lint:workflow"],
  ["ci", "sh .ci/packages", "sh .ci/package", "no .ci/package"],
  ["ci", "node: [20, 22, 24, 26]", "node: [20, 22, 24]", "not Node 20,22,24,26"],
  ["release", "linux-arm linux-ppc64", "linux-ppc64", "the package has"],
  ["ci", "needs: [linux, macos,", "needs: [linux,", "does not wait for macos"],
  ["release", "needs: [ci, pack,", "needs: [pack,", "does not wait for ci"],
  ["ci", "          - typecheck\n", "", ".ci/run runs typecheck"],
  ["dependabot", "/test/workflows", "/test/workflow", "leaves out /test/workflows"],
];

// The package works although its folder is not writable.
const assert = require("node:assert/strict");
const { writeFileSync } = require("node:fs");
const { dirname, join } = require("node:path");

for (const place of [join("prebuilds", `${process.platform}-${process.arch}`), "dist", "."]) {
  const file = join(dirname(require.resolve("sockinfo/package.json")), place, "written");
  assert.throws(() => writeFileSync(file, ""), { code: "EACCES" });
}
require("./by-require.cjs");

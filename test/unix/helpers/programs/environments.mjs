// Prints what getUnixListeners() and getUnixListener() answer for each of several environments. Each answer comes
// from a new copy of sockinfo/unix, because a copy reads its environment once.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const entry = fileURLToPath(import.meta.resolve("sockinfo/unix"));
const folder = entry.slice(0, -"index.js".length);

/** @type {{ environment: Record<string, string>, names: (string | null)[] }[]} */
const rows = JSON.parse(process.argv[2] ?? "");

/** @returns {typeof import("sockinfo/unix")} */
function loadAgain() {
  for (const path of Object.keys(require.cache)) if (path.startsWith(folder)) delete require.cache[path];
  return require(entry);
}

/** @param {() => unknown} question */
function answerTo(question) {
  try {
    return question() ?? null;
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    return { code, message };
  }
}

for (const { environment, names } of rows) {
  for (const name of ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]) delete process.env[name];
  for (const [name, value] of Object.entries(environment)) {
    process.env[name] = value.replace("$pid", String(process.pid));
  }
  const { getUnixListener, getUnixListeners } = loadAgain();
  const answers = names.map((name) => answerTo(() => getUnixListener(name ?? undefined)));
  console.log(JSON.stringify({ all: answerTo(getUnixListeners), answers }));
}

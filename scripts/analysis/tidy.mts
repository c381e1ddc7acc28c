// `npm run lint:tidy`: clang-tidy with the settings of .clang-tidy, for the native files of every branch of
// binding.gyp.
import { darwinSdk } from "../../test/darwin/sdk.mts";
import { compileCommands, type CompileCommand } from "./compile-commands.mts";
import { runEach, type Task } from "./run-each.mts";
import { demandTools } from "./tools.mts";

demandTools({ "clang-tidy-19": "clang-tidy-19" });
const sdk = darwinSdk();

function taskOf({ branch, file, parameters }: CompileCommand): Task {
  const system = branch === "mac" ? sdk.flags("arm64") : [];
  return {
    name: `${file}, ${branch}`,
    command: "clang-tidy-19",
    parameters: ["--quiet", file, "--", ...system, ...parameters],
  };
}

// addon.cc takes longest. It contains nothing that depends on the system, so one run is enough.
const isNew = ({ branch, file }: CompileCommand) => branch === "linux" || file !== "native/addon.cc";
const commands = [
  ...compileCommands("linux"),
  ...compileCommands("mac", sdk.nodeHeaders),
  ...compileCommands("freebsd"),
];
await runEach(commands.filter(isNew).map(taskOf));

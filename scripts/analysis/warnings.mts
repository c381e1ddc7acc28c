// `npm run lint:warnings`: compiles every native file with gcc and clang, for every branch of binding.gyp, with far
// more warnings than -Wall -Wextra -Wpedantic. binding.gyp does not enable them, because other compilers would warn
// of other things.
import { darwinSdk } from "../../test/darwin/sdk.mts";
import { compileCommands, type CompileCommand } from "./compile-commands.mts";
import { demandTools } from "./tools.mts";
import { runEach, type Task } from "./run-each.mts";

/** The warnings of gcc beyond the flags of binding.gyp. */
const GCC = [
  "-Wconversion -Wsign-conversion -Warith-conversion -Wdouble-promotion -Wuseless-cast -Wold-style-cast -Wcast-align=strict",
  "-Wcast-qual -Wshadow -Wundef -Wredundant-decls -Wmissing-declarations -Wvla -Walloca -Wunused-macros -Wunused-parameter",
  "-Wduplicated-branches -Wduplicated-cond -Wlogical-op -Wnull-dereference -Wswitch-enum -Wswitch-default -Wformat=2",
  "-Wzero-as-null-pointer-constant -Wnon-virtual-dtor -Woverloaded-virtual -Wsuggest-override -Wextra-semi -Wnoexcept",
].flatMap((line) => line.split(" "));

/** All warnings of clang, except for those that make no sense here. */
const CLANG = [
  "-Weverything",
  "-Wunused-parameter",
  // The code is C++17, and padding between members does not matter.
  "-Wno-c++98-compat",
  "-Wno-c++98-compat-pedantic",
  "-Wno-padded",
  // Node-API uses C arrays, and its macro defines a function that it does not declare. gcc checks our own
  // declarations.
  "-Wno-unsafe-buffer-usage",
  "-Wno-missing-prototypes",
  // arguments.cc compares a double with an integer, to check that the double has no fraction.
  "-Wno-float-equal",
  // runtime.cc defines a function of the C++ library.
  "-Wno-reserved-identifier",
];

demandTools({ "g++": "g++", "clang++-19": "clang-19" });
const sdk = darwinSdk();

function tasksOf({ branch, file, parameters }: CompileCommand): Task[] {
  const output = ["-c", "-o", "/dev/null", file];
  const clang = { command: "clang++-19", parameters: [...parameters, ...CLANG, "-Werror", ...output] };
  if (branch === "mac") {
    return (["arm64", "x64"] as const).map((architecture) => ({
      ...clang,
      name: `${file}, macOS ${architecture}, clang`,
      parameters: [...sdk.flags(architecture), ...clang.parameters],
    }));
  }
  return [
    { name: `${file}, ${branch}, clang`, ...clang },
    { name: `${file}, ${branch}, gcc`, command: "g++", parameters: [...parameters, ...GCC, "-Werror", ...output] },
  ];
}

const commands = [
  ...compileCommands("linux"),
  ...compileCommands("mac", sdk.nodeHeaders),
  ...compileCommands("freebsd"),
];
await runEach(commands.flatMap(tasksOf));

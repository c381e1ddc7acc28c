// The declaration files of the installed package, one for each subpath, as compilers and editors read them.
import { join } from "node:path";
import ts from "@typescript/typescript6";
import { beforeAll, expect, test } from "vitest";
import { projectWithTarball } from "../helpers/project";

const SUBPATHS = ["connections", "hijack", "logging", "opentelemetry", "page", "prometheus", "server-timing", "unix"];
const NAMES = ["index.d.ts", ...SUBPATHS.map((subpath) => `${subpath}/index.d.ts`)];

let program: ts.Program;
let files: ts.SourceFile[];
beforeAll(async () => {
  const dist = join(await projectWithTarball(), "node_modules/sockinfo/dist");
  program = ts.createProgram({
    rootNames: NAMES.map((name) => join(dist, name)),
    options: {
      module: ts.ModuleKind.Node20,
      target: ts.ScriptTarget.ES2022,
      lib: ["lib.es2023.d.ts"],
      types: ["node"],
      typeRoots: [join(import.meta.dirname, "../../../node_modules/@types")],
      strict: true,
      skipLibCheck: false,
      // An optional peer, which users of that subpath have.
      paths: { "@opentelemetry/api": [join(import.meta.dirname, "../../../node_modules/@opentelemetry/api")] },
    },
  });
  files = NAMES.map((name) => program.getSourceFile(join(dist, name)) as ts.SourceFile);
});

test("the declarations compile, and import only each other and Node's types", () => {
  const faults = files.flatMap((file) => ts.getPreEmitDiagnostics(program, file));
  expect(faults.map(({ messageText }) => messageText)).toEqual([]);
  const packed = program.getSourceFiles().filter(({ fileName }) => fileName.includes("/node_modules/sockinfo/"));
  expect(packed).toHaveLength(NAMES.length);
});

test("a type of the core is declared once, because two declarations would be two types", () => {
  const [core = [], ...subpaths] = files.map((file) => declaredNames(file));
  expect(subpaths.flat().filter((name) => core.includes(name))).toEqual([]);
});

test("members marked @internal are not declared", () => {
  for (const { text } of files) expect(text).not.toMatch(/@internal/);
});

test("every public function and class has a doc comment", () => {
  const checker = program.getTypeChecker();
  const bare = files
    .flatMap((file) => exportsOf(checker, file))
    .filter(({ declarations: [declaration] = [] }) => declaration && !ts.isInterfaceDeclaration(declaration))
    .filter((symbol) => symbol.getDocumentationComment(checker).length === 0);
  expect(bare.map(({ name }) => name)).toEqual([]);
});

test("an editor resolves every link of the doc comments", () => {
  const checker = program.getTypeChecker();
  const links = files.flatMap((file) => linksOf(file));
  expect(links).toHaveLength(files.flatMap(({ text }) => text.match(/\{@link /g) ?? []).length);
  const broken = links.filter(({ name }) => name === undefined || checker.getSymbolAtLocation(name) === undefined);
  expect(broken.map((link) => link.getText())).toEqual([]);
});

function declaredNames(file: ts.SourceFile): string[] {
  return file.statements.flatMap((statement) =>
    (ts.isClassDeclaration(statement) ||
      ts.isFunctionDeclaration(statement) ||
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement)) &&
    statement.name !== undefined
      ? [statement.name.text]
      : [],
  );
}

function exportsOf(checker: ts.TypeChecker, file: ts.SourceFile): ts.Symbol[] {
  const module = checker.getSymbolAtLocation(file);
  if (module === undefined) throw new Error(`${file.fileName} is not a module`);
  return checker
    .getExportsOfModule(module)
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol));
}

function linksOf(file: ts.SourceFile): ts.JSDocLink[] {
  const links: ts.JSDocLink[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isJSDocLink(node)) links.push(node);
    node.getChildren(file).forEach(visit);
  };
  visit(file);
  return links;
}

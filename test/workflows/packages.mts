// Installs and loads the packages of this folder's package.json, which the root's `npm ci` does not install. The
// types are declared here, so that `npm run typecheck` does not need the packages.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { installLocked } from "../helpers/install-locked";

interface File {
  readonly name: string;
  readonly content: string;
}

interface Diagnostic {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number } };
}

interface LanguageService {
  validate(
    document: object,
    config: { fileProvider: { getFileContent(reference: { path?: string }): Promise<File> } },
  ): Promise<Diagnostic[]>;
}

interface TextDocuments {
  readonly TextDocument: { create(uri: string, language: string, version: number, text: string): object };
}

installLocked(import.meta.dirname);

const require = createRequire(import.meta.url);
const languageService = join(import.meta.dirname, "node_modules/@actions/languageservice/dist/index.js");

export const { validate } = (await import(pathToFileURL(languageService).href)) as LanguageService;
export const { TextDocument } = require("vscode-languageserver-textdocument") as TextDocuments;
export const { parse } = require("yaml") as { parse(text: string): unknown };

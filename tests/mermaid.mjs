// Reads a list of diagrams from stdin, and prints for each the type that Mermaid finds, or what its parser says.
// The folder that holds node_modules is the argument.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.argv[2]}/node_modules/`);
const { JSDOM } = require("jsdom");
globalThis.window = new JSDOM("<!DOCTYPE html><body></body>").window;
globalThis.document = window.document;
const folder = `${process.argv[2]}/node_modules/mermaid/dist/mermaid.core.mjs`;
const { default: mermaid } = await import(pathToFileURL(folder).href);
const said = [];
for (const diagram of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    said.push((await mermaid.parse(diagram)).diagramType);
  } catch (error) {
    said.push(String(error.message));
  }
}
process.stdout.write(JSON.stringify(said));

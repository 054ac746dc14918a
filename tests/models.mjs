// Reads a list of custom resources from stdin, and prints for each what the published models say against it.
// The folder that holds node_modules, and the package, are the arguments.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, name] = process.argv.slice(2);
const said = [];
for (const object of JSON.parse(readFileSync(0, "utf8"))) {
  const models = await import(pathToFileURL(`${folder}/node_modules/${name}/${object.apiVersion}/index.js`).href);
  try {
    new (models[object.kind] ?? models.default[object.kind])(object).validate();
    said.push("");
  } catch (error) {
    said.push(String(error.message));
  }
}
process.stdout.write(JSON.stringify(said));

// Reads a list of objects of the Gateway API from stdin, and prints for each what the published models say against it.
// The folder that holds node_modules is the first argument.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const name = `${process.argv[2]}/node_modules/@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/index.js`;
const models = await import(pathToFileURL(name).href);
const said = JSON.parse(readFileSync(0, "utf8")).map((object) => {
  try {
    new models[object.kind](object).validate();
    return "";
  } catch (error) {
    return String(error.message);
  }
});
process.stdout.write(JSON.stringify(said));

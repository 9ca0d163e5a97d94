// node driver.js preview|up EVENTS STACK: runs ./index.js as an inline program of Node's Automation API, in the project
// of this folder. There is no Node.js language host in the tests, and this needs none. EVENTS gets the engine's events.
import * as fs from "node:fs";
import * as automation from "@pulumi/pulumi/automation";

const [operation, events, stackName] = process.argv.slice(2);

/** As the language host runs a program: what the module exports, or what its function answers, is the outputs. */
async function program(): Promise<Record<string, unknown>> {
    const loaded = require("./index.js");
    return typeof loaded === "function" ? loaded() : { ...loaded };
}

async function main(): Promise<void> {
    const workDir = process.cwd();
    const workspace = await automation.LocalWorkspace.create({ workDir, program });
    const stack = await automation.Stack.select(stackName, workspace);
    const told = {
        color: "never" as const,
        onOutput: (text: string) => process.stdout.write(text),
        onError: (text: string) => process.stderr.write(text),
        onEvent: (event: automation.EngineEvent) => fs.appendFileSync(events, JSON.stringify(event) + "\n"),
    };
    await (operation === "preview" ? stack.preview(told) : stack.up(told));
}

// The CLI has told the user already why it failed.
main().catch((error) => {
    if (!(error instanceof automation.CommandError)) console.error(error);
    process.exit(1);
});

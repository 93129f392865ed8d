/** The command line of the control plane. Exit status: 0 done, 1 failed, 2 wrong use, 130 stopped by the user. */
import { Command, CommanderError } from "commander";
import { ControlPlaneError } from "../control-plane-error.ts";
import { addUpCommand } from "./up.ts";

const program = new Command("motif");
addUpCommand(program);
throwInsteadOfExit(program);

try {
  await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = exitStatus(error);
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride().showHelpAfterError("(add --help for what there is)");
  command.commands.forEach(throwInsteadOfExit);
}

function exitStatus(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof ControlPlaneError) {
    process.stderr.write(`motif: ${error.message}\n`);
    return error.code === "invalid" ? 2 : 1;
  }
  process.stderr.write(
    `motif: an error of Motif's own. Please report it.\n${error instanceof Error ? error.stack : String(error)}\n`,
  );
  return 1;
}

/**
 * The command line of the control plane and its clients. Exit status: 0 done, 1 failed, 2 wrong use, 130 stopped by the user.
 */
import { Command, CommanderError } from "commander";
import { ControlPlaneError } from "../control-plane-error.ts";
import { addAuditCommand } from "./audit.ts";
import { addAuditLogCommand } from "./audit-log.ts";
import { addChangeCommands } from "./change-job.ts";
import { addDatasetsCommand } from "./datasets.ts";
import { addDemoCommand } from "./demo.ts";
import { addEvaluateCommand } from "./evaluate.ts";
import { addExportCommand } from "./export.ts";
import { addJobsCommand } from "./jobs.ts";
import { addModelsCommand } from "./models.ts";
import { addNodesCommand } from "./nodes.ts";
import { addSearchCommand } from "./search.ts";
import { addTrainCommand } from "./train.ts";
import { addJoinTokensCommand, addTokensCommand } from "./tokens.ts";
import { addUpCommand } from "./up.ts";

const program = new Command("motif");
addDemoCommand(program);
addUpCommand(program);
addModelsCommand(program);
addDatasetsCommand(program);
addSearchCommand(program);
addTrainCommand(program);
addEvaluateCommand(program);
addAuditCommand(program);
addJobsCommand(program);
addChangeCommands(program);
addExportCommand(program);
addNodesCommand(program);
addTokensCommand(program);
addJoinTokensCommand(program);
addAuditLogCommand(program);
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

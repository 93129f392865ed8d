/** The command line of local work. Exit status: 0 done, 1 failed, 2 wrong use, 130 stopped by the user. */
import { Command, CommanderError } from "commander";
import { MotifError } from "../motif-error.ts";
import { addAuditCommand } from "./audit.ts";
import { addDemoCommand } from "./demo.ts";
import { addEvaluateCommand } from "./evaluate.ts";
import { addNodeCommand } from "./node.ts";
import { addReportCommand } from "./report.ts";
import { addSearchCommand } from "./search.ts";
import { addTrainCommand } from "./train.ts";

const program = new Command("motif")
  .description(
    "Searches the one small pattern in pixel space that makes an image classifier predict each of its classes.",
  )
  .showHelpAfterError("(add --help for what there is)")
  .exitOverride();
addDemoCommand(program);
addNodeCommand(program);
addSearchCommand(program);
addTrainCommand(program);
addEvaluateCommand(program);
addAuditCommand(program);
addReportCommand(program);
for (const command of program.commands)
  command.exitOverride().showHelpAfterError("(add --help for what there is)");

try {
  await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = exitStatus(error);
}

function exitStatus(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof MotifError) {
    process.stderr.write(`motif: ${error.message}\n`);
    return error.code === "usage" ? 2 : 1;
  }
  process.stderr.write(
    `motif: an error of Motif's own. Please report it.\n${error instanceof Error ? error.stack : String(error)}\n`,
  );
  return 1;
}

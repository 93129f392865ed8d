/** `motif cancel`, `pause`, `resume` and `redrive`. */
import type { Command } from "commander";
import type { ApiJob } from "./api-types.ts";
import { findJob } from "./find-job.ts";
import { clientOf, withClientFlags, type ClientFlags } from "./options.ts";
import { print } from "./print.ts";
import { shortId } from "./table.ts";

const changes = [
  {
    name: "cancel",
    meaning: "end a job; what was done is kept",
    said: (id: string) =>
      `Job ${id} is cancelled; \`motif export ${id} --out DIR\` writes what was done.`,
  },
  {
    name: "pause",
    meaning: "let a job rest; its searches keep where they are",
    said: (id: string) =>
      `Job ${id} is paused; \`motif resume ${id}\` lets it go on.`,
  },
  {
    name: "resume",
    meaning: "let a paused job go on",
    said: (id: string) =>
      `Job ${id} goes on; \`motif jobs ${id} --watch\` watches it.`,
  },
  {
    name: "redrive",
    meaning: "try shards that failed for good again, once the cause is mended",
    said: (id: string) =>
      `Failed shards of job ${id} are tried again; \`motif jobs ${id} --watch\` watches it.`,
  },
] as const;

export function addChangeCommands(program: Command): void {
  for (const { name, meaning, said } of changes) {
    withClientFlags(program.command(`${name} <id>`))
      .description(`${meaning}; an id's beginning will do`)
      .action(async (text: string, flags: ClientFlags) => {
        const client = clientOf(flags);
        const { id } = await findJob(client, text);
        const job = await client.post<ApiJob>(`/api/jobs/${id}/${name}`);
        print(flags, job, said(shortId(id)));
      });
  }
}

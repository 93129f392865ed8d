/** A job's id in an address: what cannot be one is no job. */
import { Injectable, type PipeTransform } from "@nestjs/common";
import { validate } from "uuid";
import { unknownJob } from "../jobs/read-jobs.ts";

@Injectable()
export class JobIdPipe implements PipeTransform<string, string> {
  transform(text: string): string {
    if (validate(text)) return text.toLowerCase();
    throw unknownJob(text);
  }
}

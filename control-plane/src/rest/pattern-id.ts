/** A pattern's id in an address: what cannot be one is no pattern. */
import { Injectable, type PipeTransform } from "@nestjs/common";
import { validate } from "uuid";
import { unknownPattern } from "../jobs/read-pattern.ts";

@Injectable()
export class PatternIdPipe implements PipeTransform<string, string> {
  transform(text: string): string {
    if (validate(text)) return text.toLowerCase();
    throw unknownPattern(text);
  }
}

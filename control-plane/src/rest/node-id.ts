/** A node's id in an address: what cannot be one is no node. */
import { Injectable, type PipeTransform } from "@nestjs/common";
import { validate } from "uuid";
import { unknownNode } from "../auth/node-credentials.ts";

@Injectable()
export class NodeIdPipe implements PipeTransform<string, string> {
  transform(text: string): string {
    if (validate(text)) return text.toLowerCase();
    throw unknownNode(text);
  }
}

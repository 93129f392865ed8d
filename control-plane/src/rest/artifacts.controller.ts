import { pipeline } from "node:stream/promises";
import {
  Controller,
  Get,
  Headers,
  Inject,
  Param,
  Post,
  Req,
  Res,
} from "@nestjs/common";
import {
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiProduces,
  ApiTags,
} from "@nestjs/swagger";
import type { Request, Response } from "express";
import { NeedsScope } from "../auth/needs-scope.ts";
import { ControlPlaneError } from "../control-plane-error.ts";
import {
  ARTIFACT_STORE,
  isSha256,
  type ArtifactStore,
  type StoredArtifact,
} from "../storage/artifact-store.ts";
import { Answers } from "./answers.ts";
import { newProblem } from "./problem.ts";
import { sendProblem } from "./problem-filter.ts";
import { storedArtifact } from "./registration-schemas.ts";

const plainBytes = "application/octet-stream";
/** Shown as what they say they are; all else only as bytes, since artifacts share an origin with pages. */
const shownTypes = new Set(["image/png", plainBytes]);

@ApiTags("artifacts")
@Controller("artifacts")
export class ArtifactsController {
  readonly #store: ArtifactStore;

  constructor(@Inject(ARTIFACT_STORE) store: ArtifactStore) {
    this.#store = store;
  }

  @Post()
  @NeedsScope("write")
  @ApiHeader({
    name: "x-sha256",
    required: false,
    description: "Bytes that have another digest are refused.",
  })
  @ApiConsumes(plainBytes)
  @ApiBody({
    required: true,
    description: "The bytes themselves, streamed.",
    schema: { type: "string", format: "binary" },
  })
  @Answers(201, storedArtifact)
  async uploadArtifact(
    @Req() request: Request,
    @Headers("x-sha256") sha256: string | undefined,
  ): Promise<StoredArtifact> {
    if (sha256 !== undefined && !isSha256(sha256))
      throw new ControlPlaneError(
        "invalid",
        "x-sha256: 64 lower-case hexadecimal digits are expected.",
      );
    const bytes = request.headers["content-length"];
    const stored = await this.#store.put(request, {
      mediaType: mediaTypeOf(request.headers["content-type"]),
      ...(sha256 !== undefined && { sha256 }),
      ...(bytes !== undefined && { bytes: Number(bytes) }),
    });
    return { sha256: stored.sha256, bytes: stored.bytes };
  }

  /** One range is served, as RFC 9110 has it; several are answered with the whole. */
  @Get(":sha256")
  @ApiProduces(plainBytes, "image/png")
  async readArtifact(
    @Param("sha256") sha256: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const [found] = isSha256(sha256) ? await this.#store.find([sha256]) : [];
    if (!found?.isComplete)
      throw new ControlPlaneError(
        "not-found",
        `There is no artifact ${sha256}.`,
      );
    const { bytes, mediaType } = found;
    const type = mediaType ?? plainBytes;
    const etag = `"${sha256}"`;
    response.set({
      ETag: etag,
      "Accept-Ranges": "bytes",
      "Cache-Control": "private, max-age=31536000, immutable",
      "Content-Type": shownTypes.has(type) ? type : plainBytes,
      "Content-Security-Policy": "default-src 'none'; sandbox",
    });
    if (request.headers["if-none-match"] === etag) {
      response.status(304).end();
      return;
    }
    const ifRange = request.headers["if-range"];
    const ranges =
      ifRange === undefined || ifRange === etag
        ? request.range(bytes)
        : undefined;
    if (ranges === -1) {
      response.set("Content-Range", `bytes */${bytes}`);
      sendProblem(
        response,
        newProblem(416, "invalid", `The artifact has ${bytes} bytes.`),
      );
      return;
    }
    const [range] =
      Array.isArray(ranges) && ranges.type === "bytes" && ranges.length === 1
        ? ranges
        : [];
    const offset = range?.start ?? 0;
    const end = range ? range.end + 1 : bytes;
    if (range) {
      response.status(206);
      response.set("Content-Range", `bytes ${offset}-${range.end}/${bytes}`);
    }
    response.set("Content-Length", String(end - offset));
    // Also for HEAD: whether the bytes can be read is what is asked.
    const content = await this.#store.open(sha256, { offset, end });
    if (request.method === "HEAD") {
      content.destroy();
      response.end();
      return;
    }
    await pipeline(content, response);
  }
}

const mediaTypeOf = (header: string | undefined): string => {
  const type = header?.split(";")[0]?.trim().toLowerCase();
  return type !== undefined && /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/.test(type)
    ? type
    : plainBytes;
};

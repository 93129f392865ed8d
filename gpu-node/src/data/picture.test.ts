import sharp, { type Color } from "sharp";
import { crc32 } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { plainPng } from "./check-dataset.ts";
import { bringToShape, newPictureDecoder } from "./picture.ts";

const decode = (bytes: Uint8Array, shape: readonly [number, number, number]) =>
  newPictureDecoder(shape)(bytes, "set: cat/1.jpg");

/** Mean of each channel of uint8 [C, H, W]. */
function means(planes: Uint8Array, channels: number): number[] {
  const size = planes.length / channels;
  return Array.from({ length: channels }, (_, c) =>
    Math.round(
      planes.subarray(c * size, (c + 1) * size).reduce((a, b) => a + b, 0) /
        size,
    ),
  );
}

const canvas = (channels: 3 | 4, background: object, size = 8) =>
  sharp({
    create: {
      width: size,
      height: size,
      channels,
      background: background as Color,
    },
  });
const orange = { r: 250, g: 120, b: 30 };

describe("kinds of colour become R, G and B of 8 bits", () => {
  it.each([
    ["PNG", () => canvas(3, orange).png(), [250, 120, 30], 0],
    [
      "JPEG",
      () =>
        canvas(3, orange).jpeg({ quality: 100, chromaSubsampling: "4:4:4" }),
      [250, 120, 30],
      2,
    ],
    [
      "WebP",
      () => canvas(3, orange).webp({ lossless: true }),
      [250, 120, 30],
      0,
    ],
    [
      "TIFF",
      () => canvas(3, orange).tiff({ compression: "none" }),
      [250, 120, 30],
      0,
    ],
    ["GIF", () => canvas(3, orange).gif(), [250, 120, 30], 2],
    [
      "a palette",
      () => canvas(3, orange).png({ palette: true }),
      [250, 120, 30],
      1,
    ],
    [
      "16 bits a channel",
      () => canvas(3, orange).toColourspace("rgb16").png(),
      [250, 120, 30],
      1,
    ],
    [
      "transparency, which is dropped as training pipelines do",
      () => canvas(4, { ...orange, alpha: 0.5 }).png(),
      [250, 120, 30],
      1,
    ],
    [
      "CMYK",
      () => canvas(3, orange).toColourspace("cmyk").jpeg({ quality: 100 }),
      [250, 120, 30],
      40, // Printing inks do not reach such an orange.
    ],
  ])("%s", async (_, picture, expected, tolerance) => {
    const planes = await decode(await picture().toBuffer(), [3, 8, 8]);
    means(planes, 3).forEach((value, c) =>
      expect(Math.abs(value - expected[c])).toBeLessThanOrEqual(tolerance),
    );
  });

  it.each([
    [
      "grey PNG",
      () => canvas(3, { r: 77, g: 77, b: 77 }).toColourspace("b-w").png(),
    ],
    [
      "grey JPEG",
      () => canvas(3, { r: 77, g: 77, b: 77 }).toColourspace("b-w").jpeg(),
    ],
    [
      "grey PNG of 16 bits",
      () => canvas(3, { r: 77, g: 77, b: 77 }).toColourspace("grey16").png(),
    ],
  ])("%s, for models of colour and of grey", async (_, picture) => {
    const bytes = await picture().toBuffer();
    expect(means(await decode(bytes, [3, 8, 8]), 3)).toEqual([77, 77, 77]);
    expect(means(await decode(bytes, [1, 8, 8]), 1)).toEqual([77]);
  });

  it("colour for a grey model: its luminance", async () => {
    const [luminance] = means(
      await decode(await plainPng([0, 255, 0]), [1, 8, 8]),
      1,
    );
    expect(luminance).toBeGreaterThan(140);
    expect(luminance).toBeLessThan(230);
  });

  it("grey with transparency", async () => {
    const bytes = await canvas(4, { r: 90, g: 90, b: 90, alpha: 1 })
      .toColourspace("b-w")
      .png()
      .toBuffer();
    expect(means(await decode(bytes, [3, 8, 8]), 3)).toEqual([90, 90, 90]);
  });
});

describe("size", () => {
  /** A picture of width × height whose red value is the column and green the row. */
  const ramp = (width: number, height: number) => {
    const data = Buffer.alloc(width * height * 3);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) data.set([x, y, 0], (y * width + x) * 3);
    return sharp(data, { raw: { width, height, channels: 3 } });
  };

  it("as wanted: each pixel stays", async () => {
    const planes = await decode(await ramp(6, 4).png().toBuffer(), [3, 4, 6]);
    expect([...planes.subarray(0, 6)]).toEqual([0, 1, 2, 3, 4, 5]);
    expect(planes[24 + 6]).toBe(1);
  });

  it("up to a quarter larger at the short side: the centre, unscaled", async () => {
    const planes = await decode(
      await ramp(40, 20).png().toBuffer(),
      [3, 16, 16],
    );
    expect([...planes.subarray(0, 3)]).toEqual([12, 13, 14]);
    expect(planes[256]).toBe(2);
  });

  it("larger: scaled to cover, then cut to the centre", async () => {
    const planes = await decode(
      await ramp(128, 64).png().toBuffer(),
      [3, 16, 16],
    );
    expect(planes[0]).toBeGreaterThan(31);
    expect(planes[0]).toBeLessThan(36);
    expect(planes[15]).toBeGreaterThan(91);
  });

  it("smaller, up to eight times: scaled", async () => {
    const planes = await decode(await plainPng([9, 8, 7], 4), [3, 32, 32]);
    expect(means(planes, 3)).toEqual([9, 8, 7]);
  });

  it("of pictures one after another may differ", async () => {
    const decodeNext = newPictureDecoder([3, 8, 8]);
    const sizes = [8, 8, 16, 9, 8, 5];
    for (const size of sizes) {
      const planes = await decodeNext(await plainPng([size, 0, 0], size), "x");
      expect(means(planes, 3)).toEqual([size, 0, 0]);
    }
  });

  it("follows the orientation tag, also where the picture is cut", async () => {
    const upright = ramp(20, 40);
    const tagged = await upright
      .png()
      .withMetadata({ orientation: 6 }) // To be turned a quarter to the right.
      .toBuffer();
    const planes = await decode(tagged, [3, 18, 38]);
    // The top row, from the left, is the left column from below: rows fall, the column stays.
    expect(planes[0]).toBe(1);
    expect(planes[1]).toBe(1);
    expect([...planes.subarray(18 * 38, 18 * 38 + 2)]).toEqual([38, 37]);
  });
});

describe("pictures that cannot be used are refused by name", () => {
  let jpeg: Buffer;
  let png: Buffer;
  beforeAll(async () => {
    const noise = Buffer.alloc(64 * 64 * 3).map((_, i) => (i * 7919) % 251);
    const image = sharp(noise, { raw: { width: 64, height: 64, channels: 3 } });
    jpeg = await image.clone().jpeg().toBuffer();
    png = await image.clone().png().toBuffer();
  });

  /** A PNG that says it is `size` × `size`. */
  const bomb = async (size: number) => {
    const bytes = await plainPng([0, 0, 0]);
    bytes.writeUInt32BE(size, 16);
    bytes.writeUInt32BE(size, 20);
    bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
    return bytes;
  };

  it.each([
    [
      "a truncated JPEG",
      () => jpeg.subarray(0, jpeg.length / 2),
      /cannot be decoded/,
    ],
    [
      "a JPEG with damaged content",
      () =>
        Buffer.concat([
          jpeg.subarray(0, 200),
          Buffer.alloc(300, 0xff),
          jpeg.subarray(500),
        ]),
      /cannot be decoded/,
    ],
    [
      "a truncated PNG",
      () => png.subarray(0, png.length / 2),
      /cannot be decoded/,
    ],
    [
      "just the first bytes of a PNG",
      () => png.subarray(0, 12),
      /cannot be decoded/,
    ],
    [
      "text",
      () => Buffer.from("This is text, whatever it is called."),
      /its content is no JPEG, PNG/,
    ],
    ["no bytes", () => Buffer.alloc(0), /its content is no JPEG, PNG/],
    [
      "an SVG",
      () =>
        Buffer.from(
          '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>',
        ),
      /its content is no JPEG, PNG/,
    ],
    [
      "one pixel",
      () => plainPng([1, 2, 3], 1),
      /1×1 pixels, the model takes 64×64/,
    ],
    [
      "a strip one pixel high",
      () => plainPng([1, 2, 3], 64, 1),
      /64×1 pixels, the model takes 64×64/,
    ],
    [
      "a picture of 50,000×50,000 pixels",
      () => bomb(50_000),
      /cannot be decoded \(.*pixel limit/,
    ],
  ])("%s", async (_, make, message) => {
    const bytes = await make();
    await expect(decode(bytes, [3, 64, 64])).rejects.toThrow(message);
    await expect(decode(bytes, [3, 64, 64])).rejects.toThrow(
      /^set: cat\/1\.jpg: .*[Rr](emove|eplace|eplaced)/,
    );
    await expect(decode(bytes, [3, 64, 64])).rejects.toMatchObject({
      code: "dataset",
    });
  });

  it("after one of the wanted size as well, where a shorter way is taken", async () => {
    const decodeNext = newPictureDecoder([3, 64, 64]);
    await decodeNext(png, "first");
    await expect(decodeNext(await bomb(50_000), "bomb")).rejects.toThrow(
      /^bomb: .*pixel limit/,
    );
    await expect(decodeNext(jpeg.subarray(0, 900), "cut")).rejects.toThrow(
      /^cut: /,
    );
  });
});

describe("bringing pixels to a shape", () => {
  const pixels = Uint8Array.from({ length: 4 }, (_, i) => i);

  it("keeps them where it is theirs", async () => {
    expect(await bringToShape(pixels, [1, 2, 2], [1, 2, 2], "x")).toBe(pixels);
  });

  it("repeats grey for each channel", async () => {
    expect([
      ...(await bringToShape(pixels, [1, 2, 2], [3, 2, 2], "x")),
    ]).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
  });

  it("scales as pictures are", async () => {
    const planes = new Uint8Array(3 * 8 * 8);
    planes.fill(50, 0, 64).fill(100, 64, 128).fill(150, 128);
    const scaled = await bringToShape(planes, [3, 8, 8], [3, 16, 16], "x");
    expect(means(scaled, 3)).toEqual([50, 100, 150]);
  });
});

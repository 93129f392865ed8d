import { describe, expect, it } from "vitest";
import { checkPictureSize, listPictures } from "./picture-list.ts";

const list = (
  paths: readonly string[],
  split?: string,
  folders: readonly string[] = [],
) =>
  listPictures(
    "set",
    { files: paths.map((path) => ({ path, size: 100 })), folders },
    split,
  );

describe("class folders", () => {
  it("are classes in sorted order, their pictures in sorted order", () => {
    const { classes, pictures, labels } = list([
      "dog/2.png",
      "Zebra/1.JPG",
      "cat/10.jpeg",
      "dog/10.png",
      "cat/9.webp",
    ]);
    expect(classes).toEqual(["Zebra", "cat", "dog"]);
    expect(pictures.map(({ path }) => path)).toEqual([
      "Zebra/1.JPG",
      "cat/10.jpeg",
      "cat/9.webp",
      "dog/10.png",
      "dog/2.png",
    ]);
    expect([...labels]).toEqual([0, 1, 1, 2, 2]);
  });

  it("may lie in folders of their own", () => {
    const { classes, prefix } = list(["x/y/cat/1.png", "x/y/dog/1.png"]);
    expect(classes).toEqual(["cat", "dog"]);
    expect(prefix).toBe("x/y/");
  });

  it("may hold folders, which belong to the class", () => {
    const { classes, labels } = list([
      "cat/images/1.png",
      "cat/2.png",
      "dog/images/1.png",
    ]);
    expect(classes).toEqual(["cat", "dog"]);
    expect([...labels]).toEqual([0, 0, 1]);
  });

  it("may be called as splits are, beside others", () => {
    expect(list(["bus/1.png", "train/1.png"]).classes).toEqual([
      "bus",
      "train",
    ]);
  });

  it("pass over files that are no pictures", () => {
    expect(
      list(["cat/1.png", "cat/notes.txt", "dog/1.png"]).pictures,
    ).toHaveLength(2);
  });
});

describe("splits", () => {
  const paths = ["train", "val", "test"].flatMap((split) => [
    `${split}/cat/1.png`,
    `${split}/dog/1.png`,
  ]);

  it("are chosen in the order test, val, train where nobody says", () => {
    expect(list(paths).prefix).toBe("test/");
    expect(list(paths.slice(0, 4)).prefix).toBe("val/");
    expect(list(paths.slice(0, 2)).prefix).toBe("train/");
    expect(list(paths.map((path) => `set/${path}`)).prefix).toBe("set/test/");
  });

  it("are chosen as asked", () => {
    const { classes, pictures, prefix } = list(paths, "train");
    expect(prefix).toBe("train/");
    expect(classes).toEqual(["cat", "dog"]);
    expect(pictures).toHaveLength(2);
  });

  it("that are not there are refused, naming those that are", () => {
    expect(() => list(paths, "dev")).toThrow(
      /set: it has no split "dev"\. Name one of: train, val, test/,
    );
    expect(() => list(["cat/1.png", "dog/1.png"], "test")).toThrow(
      /set: it has no splits\. Leave --split away/,
    );
  });

  it("that lack a class of another are refused: the indices would shift", () => {
    expect(() => list([...paths, "train/ant/1.png"])).toThrow(
      /the class folder test\/ant holds no images/,
    );
  });
});

describe("what is refused", () => {
  it.each([
    [
      "no files",
      [],
      /set: no images\. It should hold a folder of images a class/,
    ],
    ["no pictures", ["cat/a.txt"], /no images/],
    ["one class", ["cat/1.png", "cat/2.png"], /only one class, "cat"/],
    [
      "one class in a folder",
      ["x/cat/1.png", "x/cat/2.png"],
      /only one class, "cat"/,
    ],
    ["one class in a split", ["test/cat/1.png"], /only one class, "cat"/],
    [
      "a picture in no class folder",
      ["cat/1.png", "dog/1.png", "top.png"],
      /top\.png lies in no class folder/,
    ],
  ])("%s", (_, paths, message) => {
    expect(() => list(paths)).toThrow(message);
  });

  it("a class folder without images", () => {
    const folders = ["ant", "cat", "dog"];
    expect(() => list(["cat/1.png", "dog/1.png"], undefined, folders)).toThrow(
      /set: the class folder ant holds no images/,
    );
    const inTest = folders.map((folder) => `w/test/${folder}`);
    expect(() =>
      list(["w/test/cat/1.png", "w/test/dog/1.png"], undefined, [
        "w",
        "w/test",
        ...inTest,
      ]),
    ).toThrow(/the class folder w\/test\/ant holds no images/);
  });

  it.each([
    [0, /^place: the file is empty/],
    [65 * 2 ** 20, /^place: \d+ bytes are too many for a picture/],
  ])("a picture of %i bytes", (size, message) => {
    expect(() => checkPictureSize("place", size)).toThrow(message);
  });

  it("more classes than labels can tell", () => {
    const paths = Array.from({ length: 65_537 }, (_, i) => `${i}/a.png`);
    expect(() => list(paths)).toThrow(
      /65537 class folders, Motif takes at most 65536/,
    );
    expect(list(paths.slice(1)).labels.at(-1)).toBe(65_535);
  });
});

/** Hands a drawing to the person as a PNG file. */

/**
 * @param name of the file, without its ending; what file systems may not like becomes a dash
 * @throws Error where the browser cannot make a picture so large
 */
export async function saveCanvas(
  canvas: HTMLCanvasElement,
  name: string,
): Promise<void> {
  const blob = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve);
  });
  if (!blob)
    throw new Error(
      `This browser cannot make a picture of ${canvas.width} × ${canvas.height} pixels.`,
    );
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${name.replace(/[^\p{L}\p{N}._-]+/gu, "-").slice(0, 80)}.png`;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** A few images of one class, cut out of its sheet as backgrounds: nothing is loaded but the sheets of classes that are in sight. */
import classes from "./sample-strip.module.css";
import {
  placeSamples,
  sampleScale,
  type SampleSheets,
} from "./sample-place.ts";

export function SampleStrip({
  samples,
  classCount,
  classIndex,
  name,
}: {
  readonly samples: SampleSheets;
  readonly classCount: number;
  readonly classIndex: number;
  readonly name: string;
}) {
  const row = placeSamples(samples, classCount, classIndex);
  if (!row) return null;
  const scale = sampleScale(samples);
  const [height, width] = [samples.height * scale, samples.width * scale];
  return (
    <div
      className={classes.strip}
      style={{ height }}
      role="img"
      aria-label={`Sample images of ${name}`}
    >
      {Array.from({ length: samples.perClass }, (_, column) => (
        <div
          key={column}
          className={classes.sample}
          style={{
            width,
            height,
            backgroundImage: `url("${row.src}")`,
            backgroundSize: `${row.width * scale}px ${row.height * scale}px`,
            backgroundPosition: `${-column * width}px ${-row.top * scale}px`,
          }}
        />
      ))}
    </div>
  );
}

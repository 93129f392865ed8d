/** A name that is cut in its middle where there is no room for it: those of a sweep differ at their ends. */
import { VisuallyHidden } from "@mantine/core";
import styles from "./long-name.module.css";

/** What is always shown of the end; characters. */
const endLength = 14;

export function LongName({ name }: { readonly name: string }) {
  const characters = [...name];
  if (characters.length <= 2 * endLength)
    return (
      <span className={styles.whole} dir="auto" title={name}>
        {name}
      </span>
    );
  const cut = characters.length - endLength;
  return (
    <span className={styles.box} dir="auto" title={name}>
      <VisuallyHidden>{name}</VisuallyHidden>
      <span className={styles.start} aria-hidden="true">
        {characters.slice(0, cut).join("")}
      </span>
      <span className={styles.end} aria-hidden="true">
        {characters.slice(cut).join("")}
      </span>
    </span>
  );
}

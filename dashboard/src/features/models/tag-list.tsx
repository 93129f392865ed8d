/** Tags beside each other, in the order of the alphabet. */
import classes from "./tag-list.module.css";

export const TagList = ({ tags }: { readonly tags: readonly string[] }) =>
  tags.map((tag) => (
    <span key={tag} className={classes.tag}>
      {tag}
    </span>
  ));

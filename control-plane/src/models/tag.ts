/** Words that people put on models. Pure. */

/** What a tag is made of, once it is in lower case. */
export const tagPattern = /^[a-z0-9._-]{1,40}$/;
export const mostTagsOfModel = 50;
/** Models whose tags are changed at once. */
export const mostModelsAtOnce = 1_000;

/** @example " ResNet-18 " is "resnet-18" */
export const normalizeTag = (text: string): string => text.trim().toLowerCase();

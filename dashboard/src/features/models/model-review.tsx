"use client";
/** What people say of a model and of its classes, on its page. */
import { Paper, Select, Stack } from "@mantine/core";
import { useEffect, useRef } from "react";
import type { Model } from "../../api/types.ts";
import { useAddress } from "../../ui/use-address.ts";
import { ReviewPanel } from "../reviews/review-panel.tsx";
import { classAddress, parseAbout } from "../reviews/review-words.ts";
import { factsOf } from "./use-searched-models.ts";

const wholeModel = "model";
/** The shell's header stays where it is; pixels. */
const belowHeader = 72;

export function ModelReview({ model }: { readonly model: Model }) {
  const address = useAddress();
  const about = address.get("about");
  const scope = parseAbout(about);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Whoever follows a link to a class's review is to see that.
    if (about !== undefined) place.current?.scrollIntoView();
  }, [about]);
  const names = factsOf(model, model.dataset)?.classNames;
  const classNames = Array.isArray(names) ? (names as string[]) : [];
  const name =
    scope.kind === "class"
      ? (classNames[scope.classIndex] ?? `class ${scope.classIndex}`)
      : "the model";
  return (
    <Paper
      ref={place}
      withBorder
      p="md"
      radius="md"
      style={{ scrollMarginTop: belowHeader }}
    >
      <Stack gap="sm">
        {classNames.length > 0 && (
          <Select
            label="What the review is of"
            size="xs"
            w={{ base: "100%", xs: 280 }}
            allowDeselect={false}
            searchable
            limit={200}
            value={
              scope.kind === "class" ? `class.${scope.classIndex}` : wholeModel
            }
            onChange={(value) =>
              address.set({
                about: value === wholeModel ? undefined : (value ?? undefined),
              })
            }
            data={[
              { value: wholeModel, label: "the model, and all that is in it" },
              ...classNames.map((label, index) => ({
                value: `class.${index}`,
                label: `${index}: ${label}`,
              })),
            ]}
          />
        )}
        <ReviewPanel
          modelId={model.id}
          scope={scope}
          title={`Review of ${name}`}
          address={
            scope.kind === "class"
              ? classAddress(model.id, scope.classIndex)
              : `/model?id=${model.id}`
          }
          classNames={classNames}
        />
      </Stack>
    </Paper>
  );
}

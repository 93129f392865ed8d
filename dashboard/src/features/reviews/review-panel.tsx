"use client";
/** What people say of a model, a class or a pattern, and the place to say something. */
import {
  Anchor,
  Button,
  CopyButton,
  Group,
  NativeSelect,
  Skeleton,
  Stack,
  Text,
  Textarea,
  Title,
} from "@mantine/core";
import Link from "next/link";
import { useState } from "react";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { useSession } from "../../ui/session/use-session.ts";
import { ErrorState } from "../../ui/states.tsx";
import { ReviewBadge } from "./review-badge.tsx";
import classes from "./review-panel.module.css";
import {
  classAddress,
  patternAddress,
  reviewStatuses,
  reviewWords,
  type ReviewScope,
  type ReviewStatus,
} from "./review-words.ts";
import { useAddReview, useReviews } from "./use-reviews.ts";

const longestComment = 4_000;

interface ReviewPanelProps {
  readonly modelId: string;
  readonly scope: ReviewScope;
  /** @example "Review of Sneaker" */
  readonly title: string;
  /** Where this panel stands for the next person; a path. */
  readonly address: string;
  readonly classNames: readonly string[];
}

export function ReviewPanel({
  modelId,
  scope,
  title,
  address,
  classNames,
}: ReviewPanelProps) {
  const reviews = useReviews(modelId, scope);
  const entries = reviews.data?.pages.flatMap((page) => page.entries) ?? [];
  const standing = reviews.data?.pages[0]?.standing;
  return (
    <Stack gap="sm" component="section" aria-label={title}>
      <Group justify="space-between" gap="xs">
        <Group gap="xs">
          <Title order={2} size="h5" className="name" dir="auto">
            {title}
          </Title>
          {standing && <ReviewBadge status={standing.status} />}
        </Group>
        <CopyButton value={location.origin + address}>
          {({ copied, copy }) => (
            <Button variant="subtle" size="compact-xs" onClick={copy}>
              {copied ? "Copied" : "Copy link to this review"}
            </Button>
          )}
        </CopyButton>
      </Group>
      <ReviewForm key={address} modelId={modelId} scope={scope} />
      {reviews.error && entries.length === 0 ? (
        <ErrorState
          error={reviews.error}
          thing="review"
          onRetry={() => void reviews.refetch()}
        />
      ) : !reviews.data ? (
        <Skeleton height={44} />
      ) : entries.length === 0 ? (
        <Text size="sm" c="dimmed">
          Nobody has said anything yet.
        </Text>
      ) : (
        <ol
          className={classes.entries}
          aria-label="What was said, newest first"
        >
          {entries.map((entry) => (
            <li key={entry.id}>
              <Group gap={6}>
                <Text size="sm" fw={600} className="name" dir="auto">
                  {entry.author}
                </Text>
                <Text size="xs" c="dimmed">
                  <RelativeTime at={entry.createdAt} />
                </Text>
                {entry.status !== null && <ReviewBadge status={entry.status} />}
                {scope.kind === "model" && entry.classIndex !== null && (
                  <Anchor
                    component={Link}
                    size="xs"
                    className="name"
                    href={
                      entry.pattern
                        ? patternAddress(modelId, {
                            ...entry.pattern,
                            targetClass: entry.classIndex,
                          })
                        : classAddress(modelId, entry.classIndex)
                    }
                  >
                    {placeWords(entry.pattern, nameOf(entry.classIndex))}
                  </Anchor>
                )}
                {entry.isOfEarlierFile && (
                  <Text size="xs" c="dimmed">
                    of an earlier file under this name
                  </Text>
                )}
              </Group>
              {entry.comment !== null && (
                <Text size="sm" className={classes.comment} dir="auto">
                  {entry.comment}
                </Text>
              )}
            </li>
          ))}
        </ol>
      )}
      {reviews.hasNextPage && (
        <Button
          variant="default"
          size="xs"
          loading={reviews.isFetchingNextPage}
          onClick={() => void reviews.fetchNextPage()}
          style={{ alignSelf: "flex-start" }}
        >
          Older
        </Button>
      )}
    </Stack>
  );

  function nameOf(classIndex: number): string {
    return classNames[classIndex] ?? `class ${classIndex}`;
  }
}

const placeWords = (
  pattern: { readonly canvasIndex: number; readonly seed: number } | null,
  name: string,
): string =>
  pattern === null
    ? name
    : `pattern of ${name}, canvas ${pattern.canvasIndex}, seed ${pattern.seed}`;

function ReviewForm({
  modelId,
  scope,
}: {
  readonly modelId: string;
  readonly scope: ReviewScope;
}) {
  const session = useSession();
  const add = useAddReview(modelId, scope);
  const [status, setStatus] = useState<ReviewStatus | "">("");
  const [comment, setComment] = useState("");
  const isEmpty = status === "" && comment.trim() === "";
  if (session.data?.scope === "read")
    return (
      <Text size="sm" c="dimmed">
        Your token may look. To review, log in with one of the scope “write”.
      </Text>
    );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isEmpty || add.isPending) return;
        add.mutate(
          {
            ...(status !== "" && { status }),
            ...(comment.trim() !== "" && { comment }),
          },
          {
            onSuccess: () => {
              setStatus("");
              setComment("");
            },
          },
        );
      }}
    >
      <Stack gap="xs">
        <Textarea
          label="Comment"
          size="xs"
          autosize
          minRows={2}
          maxRows={12}
          maxLength={longestComment}
          value={comment}
          onChange={({ currentTarget }) => setComment(currentTarget.value)}
          error={add.error?.message}
        />
        <Group gap="xs" align="flex-end">
          <NativeSelect
            label="Status"
            size="xs"
            value={status}
            onChange={({ currentTarget: { value } }) =>
              setStatus(reviewStatuses.find((each) => each === value) ?? "")
            }
            data={[
              { value: "", label: "leave as it is" },
              ...reviewStatuses.map((value) => ({
                value,
                label: reviewWords[value],
              })),
            ]}
          />
          <Button
            type="submit"
            size="xs"
            disabled={isEmpty}
            loading={add.isPending}
          >
            Add to the review
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

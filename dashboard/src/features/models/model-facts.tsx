/** What a model is and how it was found to be: check, accuracy, evidence, manifest. */
import {
  Accordion,
  Alert,
  Anchor,
  Button,
  Code,
  Group,
  Paper,
  SimpleGrid,
  Stack,
  Text,
} from "@mantine/core";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useState } from "react";
import type { Model } from "../../api/types.ts";
import { Fact } from "../../ui/fact.tsx";
import { formatCount, formatShare } from "../../ui/format.ts";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import { describeEvidence } from "./evidence-words.ts";
import { factsOf } from "./use-searched-models.ts";
import { TagList } from "./tag-list.tsx";
import { wilson } from "./wilson.ts";

const TagsDialog = dynamic(
  () => import("./tags-dialog.tsx").then((file) => file.TagsDialog),
  { ssr: false },
);

export function ModelFacts({ model }: { readonly model: Model }) {
  const facts = factsOf(model, model.dataset);
  const images = facts?.cleanAccuracyImages;
  const warnings = Array.isArray(facts?.warnings)
    ? (facts.warnings as string[])
    : [];
  const shape = Array.isArray(facts?.inputShape)
    ? (facts.inputShape as number[])
    : null;
  const evidence = describeEvidence(model);
  const [isTagging, setTagging] = useState(false);
  return (
    <Stack gap="sm">
      {model.checks
        .filter(({ status }) => status === "REFUSED")
        .map(({ dataset, problem }) => (
          <Alert key={dataset} color="red" title={`Refused for ${dataset}`}>
            <span className="name">{problem}</span>
          </Alert>
        ))}
      <Paper withBorder p="md" radius="md">
        <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="lg">
          <Fact label="Data set">
            <Group gap="xs">
              {model.dataset === null ? (
                "none"
              ) : (
                <Anchor
                  component={Link}
                  href={`/dataset?id=${encodeURIComponent(model.dataset)}`}
                  className="name"
                >
                  {model.dataset}
                </Anchor>
              )}
              <StatusBadge status={model.status} />
            </Group>
            <Text size="xs" c="dimmed">
              {model.numClasses !== null &&
                `${formatCount(model.numClasses)} classes`}
              {shape &&
                `, ${shape.slice(1).join(" × ")} ${shape[0] === 1 ? "grey" : "colour"}`}
              ,{" "}
              {model.setting === "unknown" ? "setting unknown" : model.setting}
            </Text>
          </Fact>
          <Fact label="Clean accuracy">
            <Text className="numbers" fw={600}>
              {model.cleanAccuracy === null
                ? "not measured"
                : formatShare(model.cleanAccuracy)}
            </Text>
            <Text size="xs" c="dimmed" className="numbers">
              {model.cleanAccuracy !== null &&
                typeof images === "number" &&
                accuracyWords(model.cleanAccuracy, images)}
              {model.declaredAccuracy !== null &&
                `, declared ${formatShare(model.declaredAccuracy)}`}
            </Text>
          </Fact>
          <Fact label="What stands out">
            <Text fw={600} className="name">
              {evidence.word}
            </Text>
            <Text size="xs" c="dimmed" className="numbers name">
              {evidence.because}
            </Text>
          </Fact>
          <Fact label="Added">
            <RelativeTime at={model.createdAt} />
            <Text size="xs" c="dimmed" className="name">
              by {model.createdBy},{" "}
              <Code fz="xs">{model.sha256.slice(0, 12)}</Code>
            </Text>
          </Fact>
        </SimpleGrid>
        <Group gap="xs" mt="md">
          <Text size="xs" c="dimmed" fw={600}>
            Tags
          </Text>
          <span>
            {model.tags.length === 0 ? (
              <Text span size="sm" c="dimmed">
                none
              </Text>
            ) : (
              <TagList tags={model.tags} />
            )}
          </span>
          <Button
            variant="subtle"
            size="compact-xs"
            onClick={() => setTagging(true)}
          >
            Change the tags
          </Button>
        </Group>
        {isTagging && (
          <TagsDialog
            models={[model]}
            known={[]}
            onClose={() => setTagging(false)}
          />
        )}
        {warnings.map((warning) => (
          <Text key={warning} size="sm" mt="sm" className="name">
            Note: {warning}
          </Text>
        ))}
      </Paper>
      <Accordion variant="contained" chevronPosition="left">
        <Accordion.Item value="manifest">
          <Accordion.Control>
            <Text size="sm">Manifest</Text>
          </Accordion.Control>
          <Accordion.Panel>
            <Code
              block
              tabIndex={0}
              style={{ maxHeight: 360, overflow: "auto" }}
            >
              {JSON.stringify(model.manifest, null, 2)}
            </Code>
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </Stack>
  );
}

function accuracyWords(accuracy: number, images: number): string {
  const [low, high] = wilson(accuracy, images);
  return `95% interval ${(low * 100).toFixed(1)}–${(high * 100).toFixed(1)}% of ${formatCount(images)} images`;
}

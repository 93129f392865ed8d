/** What audits say of a model: the newest verdict by Motif's own method, or the one that the address names, with its evidence. */
import {
  Anchor,
  Button,
  Code,
  Group,
  Paper,
  Select,
  Stack,
  Text,
  Title,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { api, bodyOf } from "../../api/client.ts";
import type { Audit, Model } from "../../api/types.ts";
import { formatCount } from "../../ui/format.ts";
import { quoteForShell } from "../../ui/quote-for-shell.ts";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { ErrorState, LoadingState } from "../../ui/states.tsx";
import { useAddress } from "../../ui/use-address.ts";
import { methodWords } from "../audits/audit-words.ts";
import { besideWords } from "../audits/clean-models.ts";
import { VerdictBadge } from "../audits/verdict-badge.tsx";
import { VerdictFigures } from "../audits/verdict-figures.tsx";

const AuditEvidence = dynamic(
  () =>
    import("../audits/audit-evidence.tsx").then((file) => file.AuditEvidence),
  { ssr: false, loading: () => <LoadingState rows={6} height={44} /> },
);
const AuditDialog = dynamic(
  () => import("../audits/audit-dialog.tsx").then((file) => file.AuditDialog),
  { ssr: false },
);

/** To choose from; a model is seldom audited as often. */
const mostAudits = 100;
/** The shell's header stays where it is; pixels. */
const belowHeader = 72;

export const auditsKey = (modelId: string) => ["model-audits", modelId];

export function ModelAudit({ model }: { readonly model: Model }) {
  const address = useAddress();
  const wanted = address.get("audit");
  const place = useRef<HTMLDivElement>(null);
  const audits = useQuery({
    queryKey: auditsKey(model.id),
    queryFn: ({ signal }) =>
      bodyOf(
        api.GET("/api/models/{idOrName}/audits", {
          params: {
            path: { idOrName: model.id },
            query: { limit: mostAudits },
          },
          signal,
        }),
      ),
  });
  useEffect(() => {
    // Whoever follows a link to a verdict is to see that.
    if (wanted !== undefined) place.current?.scrollIntoView();
  }, [wanted, audits.isSuccess]);
  const known = audits.data ?? [];
  const chosen =
    known.find(({ jobId }) => jobId === wanted) ??
    (wanted === undefined
      ? (known.find(({ method }) => method === "motif") ?? known[0])
      : undefined);
  return (
    <Paper
      ref={place}
      withBorder
      p="md"
      radius="md"
      role="region"
      aria-label="Verdict"
      style={{ scrollMarginTop: belowHeader }}
    >
      {audits.isPending ? (
        <LoadingState rows={3} height={48} />
      ) : audits.isError ? (
        <ErrorState
          error={audits.error}
          thing="list of audits"
          onRetry={() => void audits.refetch()}
        />
      ) : chosen?.judged ? (
        <Judgement
          key={chosen.jobId}
          audit={chosen}
          judged={chosen.judged}
          audits={known}
          model={model}
        />
      ) : wanted !== undefined && known.length > 0 ? (
        <Head model={model}>
          <Text size="sm">
            The audit that the address names has said nothing of this model.
          </Text>
          <Group>
            <Button
              variant="default"
              size="compact-sm"
              onClick={() => address.set({ audit: undefined })}
            >
              Show the newest
            </Button>
          </Group>
        </Head>
      ) : (
        <NoneYet model={model} />
      )}
    </Paper>
  );
}

/** The panel's title and what can be done from it. */
function Head({
  model,
  badge,
  children,
}: {
  readonly model: Model;
  readonly badge?: ReactNode;
  readonly children: ReactNode;
}) {
  const [isAsking, setAsking] = useState(false);
  return (
    <Stack gap="md" align="stretch">
      <Group justify="space-between" gap="sm">
        <Group gap="sm">
          <Title order={2} size="h4">
            Verdict
          </Title>
          {badge}
        </Group>
        {model.status === "READY" && (
          <Button
            variant="default"
            size="compact-sm"
            onClick={() => setAsking(true)}
          >
            {badge === undefined ? "Audit" : "Audit again"}
          </Button>
        )}
      </Group>
      {children}
      {isAsking && (
        <AuditDialog models={[model]} onClose={() => setAsking(false)} />
      )}
    </Stack>
  );
}

function NoneYet({ model }: { readonly model: Model }) {
  const { name, dataset, status, lastJob } = model;
  const isRunning = lastJob?.kind === "audit" && lastJob.status === "RUNNING";
  return (
    <Head model={model}>
      {isRunning ? (
        <Text size="sm">
          It is being audited:{" "}
          <Anchor
            component={Link}
            href={`/job?id=${lastJob.id}`}
            prefetch={false}
            underline="always"
            inherit
          >
            {lastJob.name}
          </Anchor>
        </Text>
      ) : (
        <Text size="sm" c="dimmed" maw={720}>
          {status === "REFUSED"
            ? "The model was refused, so it cannot be audited with its data set."
            : status === "CHECKING"
              ? "The model is being checked against its data set; then it can be audited."
              : "It has not been audited yet. An audit asks, for several kinds of small change, what each class needs of it, and says whether one class, or one change, stands out as a backdoor’s would: "}
          {status === "READY" && (
            <Code className="name">{`npx motif audit ${quoteForShell(name)} --dataset ${quoteForShell(dataset ?? "NAME")}`}</Code>
          )}
        </Text>
      )}
    </Head>
  );
}

function Judgement({
  audit,
  judged,
  audits,
  model,
}: {
  readonly audit: Audit;
  readonly judged: NonNullable<Audit["judged"]>;
  readonly audits: readonly Audit[];
  readonly model: Model;
}) {
  const address = useAddress();
  const beside = besideWords(audit.cleanModels);
  return (
    <Head model={model} badge={<VerdictBadge verdict={judged.verdict} />}>
      <Stack gap={4}>
        <Text className="name" maw={820}>
          {judged.reason}
        </Text>
        {judged.verdict === "no evidence found" && (
          <Text size="sm" c="dimmed" maw={820}>
            That is not “clean”: another kind of trigger may be there that
            nobody asked about.
          </Text>
        )}
      </Stack>
      {beside !== null && (
        <Text size="sm" maw={820}>
          {beside}
        </Text>
      )}
      <VerdictFigures judged={judged} />
      {judged.warnings.map((warning) => (
        <Text key={warning} size="sm" className="name">
          Note: {warning}
        </Text>
      ))}
      <Group align="flex-end" gap="sm">
        {audits.length > 1 && (
          <Select
            label="Audit"
            size="xs"
            allowDeselect={false}
            w={{ base: "100%", xs: 420 }}
            value={audit.jobId}
            onChange={(jobId) =>
              address.set({
                audit: jobId ?? undefined,
                evidence: undefined,
              })
            }
            data={audits.map((each) => ({
              value: each.jobId,
              label: labelOf(each),
            }))}
          />
        )}
        <Text size="sm" c="dimmed" pb={audits.length > 1 ? 4 : 0}>
          {audits.length === 1 &&
            `${methodWords[audit.method]}, on ${audit.dataset}${audit.split === null ? "" : ` (${audit.split})`}, `}
          {audit.judgedAt !== null && <RelativeTime at={audit.judgedAt} />}
          {". "}
          <Anchor
            component={Link}
            href={`/job?id=${audit.jobId}`}
            prefetch={false}
            underline="always"
            inherit
          >
            To the job
          </Anchor>
        </Text>
      </Group>
      <AuditEvidence judged={judged} />
    </Head>
  );
}

/** @example "backdoor suspected: Motif’s method, fashion (test), 26/11/2026, 13:40:02" */
const labelOf = ({
  judged,
  method,
  cleanModels,
  dataset,
  split,
  judgedAt,
}: Audit): string =>
  [
    `${judged?.verdict ?? ""}: ${methodWords[method]}${cleanModels === 0 ? "" : ` beside ${formatCount(cleanModels)} clean models`}`,
    split === null ? dataset : `${dataset} (${split})`,
    ...(judgedAt === null ? [] : [new Date(judgedAt).toLocaleString("en-GB")]),
  ].join(", ");

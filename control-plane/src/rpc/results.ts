/**
 * Results of all nodes of a replica, written together; a node gets its answer only after the commit. While the database is away
 * they wait here. A result that cannot be written at all costs its lease an attempt, so that no node sends it for ever.
 */
import { ResultReply_Verdict, type ResultReply } from "@motif/proto";
import type {
  LeaseOperations,
  ResultVerdict,
  SentResult,
} from "../leases/lease-operations.ts";
import { Batch } from "./batch.ts";
import type { Connections } from "./connections.ts";
import type { Log } from "./log.ts";
import type { NodeConnection } from "./node-connection.ts";
import type { ResultReport } from "./node-messages.ts";
import { retryWhileAway } from "./retry-while-away.ts";
import { FieldViolation } from "./status.ts";
import { writeInHalves } from "./write-in-halves.ts";

const gatherMs = 10;
const mostTogether = 500;

interface Arrived {
  readonly connection: NodeConnection;
  readonly report: ResultReport;
}

interface Writable {
  readonly sent: SentResult;
  /** All that said the same: a result may be sent twice within a moment. */
  readonly arrived: Arrived[];
}

export interface ResultsOptions {
  readonly leases: Pick<LeaseOperations, "completeShards" | "failShards">;
  readonly connections: Connections;
  readonly log: Log;
  /** Ends the waiting for a database that is away. */
  readonly signal: AbortSignal;
  /** Called between a commit and its answers: where a test lets the process die. */
  afterCommit(): void;
}

export class Results {
  readonly #options: ResultsOptions;
  readonly #batch: Batch<Arrived>;

  constructor(options: ResultsOptions) {
    this.#options = options;
    this.#batch = new Batch({
      most: mostTogether,
      waitMs: gatherMs,
      flush: (arrived) => this.#flush(arrived),
    });
  }

  /** The node gets a reply to each. Resolves when the node may be read from further. */
  async add(
    connection: NodeConnection,
    reports: readonly ResultReport[],
  ): Promise<void> {
    for (const report of reports) {
      await connection.unwritten.take(connection.signal);
      this.#batch.add({ connection, report });
    }
  }

  settle(): Promise<void> {
    return this.#batch.settle();
  }

  async #flush(arrived: readonly Arrived[]): Promise<void> {
    const replies = new Replies();
    try {
      const writable = new Map<string, Writable>();
      for (const one of arrived) {
        const { result, ...fence } = one.report;
        if (result instanceof FieldViolation) {
          await this.#refuse([one], result, replies);
          continue;
        }
        const { nodeId } = one.connection;
        const key = [nodeId, ...Object.values(fence)].join(" ");
        const same = writable.get(key);
        if (same !== undefined) same.arrived.push(one);
        else
          writable.set(key, {
            sent: { ...fence, nodeId, result },
            arrived: [one],
          });
      }
      for (const group of withoutSharedLeases([...writable.values()]))
        await writeInHalves(
          group,
          (entries) => this.#write(entries, replies),
          (entry, error) => this.#refuse(entry.arrived, error, replies),
        );
    } catch (error) {
      // Stopped while the database is away: without an answer, nodes keep their results and send them to another replica.
      this.#options.log.warn(
        { err: error, results: arrived.length },
        "results stay unanswered",
      );
    } finally {
      replies.send();
      for (const { connection } of arrived) connection.unwritten.give();
    }
  }

  async #write(entries: readonly Writable[], replies: Replies): Promise<void> {
    const { leases, signal, log } = this.#options;
    const verdicts = await retryWhileAway(
      () => leases.completeShards(entries.map(({ sent }) => sent)),
      signal,
      (error) =>
        log.warn(
          { err: error, results: entries.length },
          "results wait for the database",
        ),
    );
    this.#options.afterCommit();
    const ofLease = new Map(
      verdicts.map((verdict) => [verdict.leaseId, verdict]),
    );
    for (const { sent, arrived } of entries) {
      const verdict = ofLease.get(sent.leaseId);
      // Without a verdict there is no answer, and the node sends it again.
      if (verdict === undefined) continue;
      if (verdict.verdict === "misfit") {
        await this.#refuse(
          arrived,
          new FieldViolation("result", verdict.reason),
          replies,
        );
        continue;
      }
      this.#note(sent, verdict, arrived[0]!.connection);
      for (const { connection } of arrived) replies.add(connection, verdict);
    }
  }

  #note(
    { leaseId, shardId }: SentResult,
    { verdict, reason }: ResultVerdict,
    connection: NodeConnection,
  ): void {
    const fields = { ...connection.fieldsOf(leaseId), shardId };
    if (verdict === "stored") this.#options.log.debug(fields, "result stored");
    else this.#options.log.warn({ ...fields, reason }, `result ${verdict}`);
    if (verdict !== "incomplete") this.#options.connections.dropLease(leaseId);
  }

  /** The result is the node's fault, or ours; in both cases the shard is tried again, and given up after some times. */
  async #refuse(
    arrived: readonly Arrived[],
    error: unknown,
    replies: Replies,
  ): Promise<void> {
    const { leases, signal, log, connections } = this.#options;
    // Shutting down: nothing is said, and the node sends it to another replica.
    if (signal.aborted) return;
    const { connection, report } = arrived[0]!;
    const { leaseId, shardId } = report;
    const reason =
      error instanceof FieldViolation
        ? `The result does not fit: ${error.message}`
        : "The result could not be written; the control plane's log says why.";
    log.error(
      { ...connection.fieldsOf(leaseId), shardId, err: error },
      "result refused",
    );
    try {
      const { nodeId } = connection;
      await retryWhileAway(
        () =>
          leases.failShards([
            { leaseId, nodeId, fault: "node", message: reason },
          ]),
        signal,
      );
      connections.dropLease(leaseId);
      for (const one of arrived)
        replies.add(one.connection, { leaseId, verdict: "stale", reason });
    } catch (failure) {
      log.error(
        { ...connection.fieldsOf(leaseId), shardId, err: failure },
        "refused result could not be noted",
      );
    }
  }
}

/** Verdicts are told apart by lease: those who claim the same one with different words go one after the other. */
function withoutSharedLeases(
  entries: readonly Writable[],
): readonly (readonly Writable[])[] {
  const groups: Map<string, Writable>[] = [];
  for (const entry of entries) {
    const { leaseId } = entry.sent;
    const group = groups.find((one) => !one.has(leaseId));
    if (group === undefined) groups.push(new Map([[leaseId, entry]]));
    else group.set(leaseId, entry);
  }
  return groups.map((group) => [...group.values()]);
}

/** Gathered, so that a node gets one message for a batch. */
class Replies {
  readonly #ofNode = new Map<NodeConnection, ResultReply[]>();

  add(
    connection: NodeConnection,
    { leaseId, verdict, reason }: ResultVerdict,
  ): void {
    const reply = {
      leaseId,
      verdict: verdictCodes[verdict],
      reason: reason.toWellFormed(),
    };
    const others = this.#ofNode.get(connection);
    if (others === undefined) this.#ofNode.set(connection, [reply]);
    else others.push(reply);
  }

  send(): void {
    for (const [connection, replies] of this.#ofNode)
      connection.send({ $case: "resultReplies", value: { replies } });
  }
}

const verdictCodes = {
  stored: ResultReply_Verdict.VERDICT_STORED,
  stale: ResultReply_Verdict.VERDICT_STALE,
  incomplete: ResultReply_Verdict.VERDICT_INCOMPLETE,
} as const;

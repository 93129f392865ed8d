/** An event of a stream: a job's id, or `cluster`. Numbered from 1 without gaps. */
export interface StreamEvent {
  readonly stream: string;
  readonly seq: number;
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** When it was written, ISO 8601. */
  readonly at: string;
}

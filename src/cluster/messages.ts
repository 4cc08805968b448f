/** What workers and their primary process say to one another. */
export type Message =
  /** Worker to primary: let the others take over what I changed. Primary to the others: do so. */
  | { readonly identityBackend: 'sync'; readonly id: string }
  /** A worker to primary: I have. Primary to the worker that asked: all have. */
  | { readonly identityBackend: 'synced'; readonly id: string }
  /** Worker to primary: give me the metrics of all workers. */
  | { readonly identityBackend: 'metrics'; readonly id: string }
  /** Primary to the worker: here they are; no text where some worker did not answer. */
  | { readonly identityBackend: 'metrics-of-all'; readonly id: string; readonly text: string | undefined };

/** Other libraries talk on the same channel. */
export function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && 'identityBackend' in value;
}

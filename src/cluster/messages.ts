/** The messages between workers and their primary process. */
export type Message =
  /** Worker to primary: let the others sync, I changed something. Primary to the others: sync. */
  | { readonly identityBackend: 'sync'; readonly id: string }
  /** Worker to primary: I have synced. Primary to the requesting worker: all have. */
  | { readonly identityBackend: 'synced'; readonly id: string }
  /** Worker to primary: send me the metrics of all workers. */
  | { readonly identityBackend: 'metrics'; readonly id: string }
  /** Primary to worker: here they are; no text if some worker did not respond. */
  | { readonly identityBackend: 'metrics-of-all'; readonly id: string; readonly text: string | undefined };

/** Whether a message is one of these: other libraries use the same channel. */
export function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && 'identityBackend' in value;
}

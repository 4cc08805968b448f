import { connect } from 'node:net';

/** A response as received over the connection. */
export interface RawResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body, if it is a JSON object; else empty. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** What was received over one connection. */
export interface Exchange {
  /** Each response except 1xx. */
  readonly responses: readonly RawResponse[];
  /** How many times the server sent 100 (Continue). */
  readonly continued: number;
  /** Whether the server closed the connection. */
  readonly isClosed: boolean;
}

/**
 * Writes bytes to a connection, reads this many final responses, and closes it.
 *
 * @param options.onContinue what is sent once the server has sent 100 (Continue)
 */
export function exchange(
  origin: string,
  bytes: string | Buffer,
  {
    responses: expected = 1,
    onContinue,
  }: { responses?: number; onContinue?: string | (() => Promise<string>) } = {},
): Promise<Exchange> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const reader = new ResponseReader();
    const done = (isClosed: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ responses: reader.responses, continued: reader.continued, isClosed });
    };
    const timer = setTimeout(() => reject(new Error(`No response: ${JSON.stringify(reader)}`)), 5_000);
    socket.on('data', (part) => {
      const before = reader.continued;
      reader.add(part);
      if (before === 0 && reader.continued > 0) {
        const held = typeof onContinue === 'function' ? onContinue() : Promise.resolve(onContinue ?? '');
        held.then((rest) => socket.write(rest, 'latin1'), reject);
      }
      // If the server closes the connection, the event `end` follows.
      const last = reader.responses.at(-1);
      if (reader.responses.length >= expected && last?.headers['connection'] !== 'close') done(false);
    });
    socket.on('end', () => done(true));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // The server may have closed while the rest was still on its way.
      if (reader.responses.length > 0) done(true);
      else reject(error);
    });
    socket.write(bytes);
  });
}

class ResponseReader {
  readonly responses: RawResponse[] = [];
  continued = 0;
  private text = '';

  add(part: Buffer): void {
    this.text += part.toString('latin1');
    while (this.next());
  }

  private next(): boolean {
    const end = this.text.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const [line = '', ...lines] = this.text.slice(0, end).split('\r\n');
    const status = Number(line.split(' ')[1]);
    const headers = Object.fromEntries(
      lines.map((each) => [
        each.slice(0, each.indexOf(':')).toLowerCase(),
        each.slice(each.indexOf(':') + 1).trim(),
      ]),
    );
    const length = status < 200 || status === 204 ? 0 : Number(headers['content-length'] ?? 0);
    if (this.text.length < end + 4 + length) return false;
    const text = this.text.slice(end + 4, end + 4 + length);
    this.text = this.text.slice(end + 4 + length);
    if (status < 200) this.continued++;
    else this.responses.push({ status, headers, text, body: asObject(text) });
    return true;
  }
}

function asObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

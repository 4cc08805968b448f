// One of several instances of the service, copied next to the compiled sources. Each message names an action;
// the reply holds its result.
import { createApp } from './src/app.js';
import { ManagedKeys } from './src/keys/managed-keys.js';
import { createLog } from './src/observability/log.js';
import { MovedClock } from './src/testing/moved-clock.js';

let clock;
let app;
let origin;

const acts = {
  async start(settings) {
    clock = new MovedClock();
    const audienceAlgorithms = new Map(settings.algorithms.map((name) => [name, [name]]));
    app = await createApp({ ...settings, audienceAlgorithms }, { clock, log: createLog('silent') });
    await app.listen(0, '127.0.0.1');
    origin = await app.getUrl();
  },
  /** What the service does by itself every second. */
  sync: () => app.get(ManagedKeys).sync(),
  async rotate() {
    await app.get(ManagedKeys).rotate(undefined, false);
  },
  pass(seconds) {
    clock.advance(seconds);
  },
  async published() {
    const response = await fetch(`${origin}/.well-known/jwks.json`);
    return /** @type {{ keys: unknown }} */ (await response.json()).keys;
  },
  async issue(aud) {
    const response = await fetch(`${origin}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sub: 'user-42', aud }),
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`No token: ${response.status} ${text}`);
    return /** @type {{ token: unknown }} */ (JSON.parse(text)).token;
  },
  async verify({ token, aud }) {
    const response = await fetch(`${origin}/verify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token, aud }),
    });
    return response.status;
  },
  stop: () => app?.close(),
};

process.on('message', async ({ act, given }) => {
  try {
    process.send?.({ result: await acts[act](given) });
  } catch (error) {
    process.send?.({ error: String(error.stack) });
  }
});
process.send?.({ result: 'ready' });

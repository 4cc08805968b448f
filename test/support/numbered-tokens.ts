import { TokenClient } from '../../src/token-client/index.js';
import { connectionRefused, FakeFetch, json } from './fake-fetch.js';
import { MovedClock } from './moved-clock.js';

/** A token client whose issuer numbers its tokens: `token-1`, `token-2`. */
export class NumberedTokens {
  readonly clock = new MovedClock();
  readonly client: TokenClient;
  issued = 0;
  isAvailable = true;

  constructor() {
    const { fetch } = new FakeFetch(() => {
      if (!this.isAvailable) connectionRefused();
      return json({ access_token: `token-${++this.issued}`, token_type: 'Bearer', expires_in: 900 });
    });
    this.client = new TokenClient({
      issuerUrl: 'https://issuer.example',
      clientId: 'careergpt',
      clientSecret: 'a-secret',
      clock: this.clock,
      random: () => 0,
      fetch,
    });
  }
}

import { Redis } from 'ioredis';
import { failureOf } from './reachable.js';

/** The Redis that tests run against. */
export const REDIS_URL = process.env['TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379';

/** Why it is missing on this machine; `undefined` if it is not. */
export const redisMissing = await failureOf(async () => {
  const redis = new Redis(REDIS_URL, {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  redis.on('error', () => {});
  try {
    await redis.connect();
  } finally {
    redis.disconnect();
  }
});

import { Redis } from 'ioredis';
import { failureOf } from './reachable.js';

/** The Redis that tests run against. */
export const REDIS_URL = process.env['TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379';

/** Why there is none on this machine; `undefined` if there is. */
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

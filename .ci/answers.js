// Exits 0 if the server at a URL responds: postgres://…, mysql://… or redis://…
const PATIENCE = 2_000;

const attempts = {
  async 'postgres:'(url) {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: PATIENCE });
    await client.connect();
    await client.query('SELECT 1');
  },
  async 'mysql:'(url) {
    const { createConnection } = await import('mysql2/promise');
    const connection = await createConnection({ uri: url, connectTimeout: PATIENCE });
    await connection.query('SELECT 1');
  },
  async 'redis:'(url) {
    const { Redis } = await import('ioredis');
    const redis = new Redis(url, { connectTimeout: PATIENCE, retryStrategy: null, lazyConnect: true });
    redis.on('error', () => {});
    await redis.connect();
    await redis.ping();
  },
};

const [url = ''] = process.argv.slice(2);
const attempt = attempts[new URL(url).protocol];
attempt(url).then(
  () => process.exit(0),
  () => process.exit(1),
);

// Tries the built service under Apache and Phusion Passenger, beneath /identity-backend, as the original runs under
// cPanel. Needs Debian's apache2 and libapache2-mod-passenger, `npm run build` before it, and root. Leaves nothing running.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PORT = 18_080;
const BASE = `http://127.0.0.1:${PORT}/identity-backend`;
const SECRET = 'passenger-test-secret-that-no-service-uses-0123456789';
const LOCATIONS = '/usr/lib/ruby/vendor_ruby/phusion_passenger/locations.ini';
const MODULES = [
  ...['mpm_event', 'authz_core', 'authz_host', 'dir', 'env', 'setenvif', 'mime', 'alias', 'headers'],
  'passenger',
];
/** Passenger runs a process as the owner of its start file. */
const USER = { name: 'www-data', uid: 33, gid: 33 };

for (const path of ['/usr/sbin/apache2', LOCATIONS]) {
  if (existsSync(path)) continue;
  console.error(`${path} is missing: apt-get install apache2 libapache2-mod-passenger`);
  process.exit(1);
}

const scratch = mkdtempSync(join(tmpdir(), 'identity-backend-passenger-'));
const app = join(scratch, 'app');
const log = join(scratch, 'passenger.log');

function settle(settings) {
  const text = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(app, '.env'), text.join(''), { mode: 0o600 });
  chownSync(join(app, '.env'), USER.uid, USER.gid);
}

function prepare() {
  execFileSync('chmod', ['755', scratch]);
  for (const folder of ['public', 'tmp', 'data']) mkdirSync(join(app, folder), { recursive: true });
  for (const name of ['app.cjs', 'package.json', 'dist']) {
    cpSync(join(ROOT, name), join(app, name), { recursive: true });
  }
  execFileSync('chown', ['-R', `${USER.name}:`, app]);
  linkPackages();
  const site = readFileSync(join(ROOT, 'deploy/passenger.conf'), 'utf8').replaceAll('@APP@', app);
  writeFileSync(
    join(scratch, 'apache.conf'),
    `ServerRoot ${scratch}
ServerName 127.0.0.1
PidFile ${scratch}/apache.pid
DefaultRuntimeDir ${scratch}
Mutex file:${scratch} default
Listen 127.0.0.1:${PORT}
${MODULES.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
TypesConfig /etc/mime.types
User ${USER.name}
Group ${USER.name}
ErrorLog ${scratch}/error.log
PassengerRoot ${LOCATIONS}
PassengerDefaultRuby /usr/bin/ruby
PassengerInstanceRegistryDir ${scratch}
PassengerNodejs ${process.execPath}
PassengerStatThrottleRate 0
PassengerDisableSecurityUpdateCheck on
PassengerDisableAnonymousTelemetry on
PassengerLogFile ${log}
<Directory />
  Require all denied
</Directory>
${site}`,
  );
}

/** As hard links where the file system allows: it is read alone, and copying takes long. Its owner stays who it was. */
function linkPackages() {
  const copy = (option) => execFileSync('cp', [option, join(ROOT, 'node_modules'), app], { stdio: 'ignore' });
  try {
    copy('-al');
  } catch {
    rmSync(join(app, 'node_modules'), { recursive: true, force: true });
    copy('-a');
  }
}

function apache(act) {
  execFileSync('/usr/sbin/apache2', ['-f', join(scratch, 'apache.conf'), '-k', act], { stdio: 'inherit' });
}

/** On a connection of its own: Apache closes idle ones whenever it likes, and a restart must not be blamed for that. */
async function request(path, { method = 'GET', body, headers } = {}) {
  const sent = body instanceof URLSearchParams ? String(body) : body;
  const type = body instanceof URLSearchParams && { 'content-type': 'application/x-www-form-urlencoded' };
  const call = http.request(BASE + path, {
    method,
    headers: { ...type, ...headers },
    agent: false,
    timeout: 30_000,
  });
  call.on('timeout', () => call.destroy(new Error('no answer in 30 seconds')));
  call.end(sent);
  const [response] = await once(call, 'response');
  // Told to who reads the answer.
  call.on('error', () => {});
  const text = (await response.setEncoding('utf8').toArray()).join('');
  const isJson = response.headers['content-type']?.startsWith('application/json');
  return { status: response.statusCode, text, body: isJson ? JSON.parse(text) : undefined };
}

const json = (value, headers = {}) => ({
  method: 'POST',
  body: JSON.stringify(value),
  headers: { 'content-type': 'application/json', ...headers },
});
const basic = ({ id, secret }) => ({ authorization: `Basic ${btoa(`${id}:${secret}`)}` });
const form = (value, headers) => ({ method: 'POST', body: new URLSearchParams(value), headers });

function makeClient(id) {
  const output = execFileSync(
    process.execPath,
    [
      'dist/cli/identity-backend.js',
      'clients',
      'create',
      '--id',
      id,
      '--audience',
      'logging-service',
      '--json',
    ],
    {
      cwd: app,
      env: { PATH: process.env.PATH, NODE_ENV: 'production' },
      uid: USER.uid,
      gid: USER.gid,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  return { id, secret: JSON.parse(output).client_secret };
}

/** Asks until the answer is right. */
async function until(what, ask) {
  const deadline = Date.now() + 15_000;
  for (;;) {
    if (await ask()) return;
    if (Date.now() > deadline) throw new Error(`It never came: ${what}`);
    await delay(50);
  }
}

function restart() {
  writeFileSync(join(app, 'tmp/restart.txt'), String(Date.now()));
}

/** The ids of the processes that answered a route, by their own log. */
function processesBehind(route) {
  const lines = readFileSync(log, 'utf8').matchAll(/output: (\{.*"msg":"answered"\})/g);
  const entries = [...lines]
    .map(([, line]) => JSON.parse(line))
    .filter((entry) => entry.route.endsWith(route));
  return new Set(entries.map(({ pid }) => pid));
}

async function issueAndVerify(headers) {
  const issued = await request('/token', json({ sub: 'careergpt', aud: 'logging-service' }, headers));
  assert.equal(issued.status, 200, issued.text);
  const verdict = await request('/verify', json({ token: issued.body.token, aud: 'logging-service' }));
  assert.deepEqual([verdict.status, verdict.body.valid], [200, true]);
}

const checks = {
  async 'answers the requests of the original with TOKEN_ENDPOINT_AUTH=none'() {
    const ping = await request('/ping');
    assert.deepEqual([ping.status, ping.text], [200, 'OK']);
    await issueAndVerify();
    const debug = await request('/debug-env');
    assert.deepEqual([debug.status, debug.body.JWT_SECRET_KEY.set], [200, true]);
    assert.equal((await request('/docs')).status, 200);
  },

  async 'answers a registered client, and nobody else, without it'() {
    settle({ JWT_SECRET_KEY: SECRET });
    const client = makeClient('careergpt');
    restart();
    await until('closed to anonymous callers', async () => {
      const { status } = await request('/token', json({ sub: 'a', aud: 'b' }));
      return status === 401;
    });
    assert.equal((await request('/debug-env')).status, 404);
    await until('the client is known', async () => {
      const { status } = await request(
        '/token',
        json({ sub: client.id, aud: 'logging-service' }, basic(client)),
      );
      return status === 200;
    });
    await issueAndVerify(basic(client));
  },

  async 'loses no request when it is restarted by tmp/restart.txt under load'() {
    const client = makeClient('under-load');
    await delay(2_000);
    const before = processesBehind('/token');
    const end = Date.now() + 12_000;
    let answered = 0;
    const failures = [];
    const caller = async () => {
      while (Date.now() < end) {
        const { status, text } = await request(
          '/token',
          json({ sub: client.id, aud: 'logging-service' }, basic(client)),
        ).catch((error) => ({ status: 0, text: String(error) }));
        answered++;
        if (status !== 200) failures.push(`${status} ${text.slice(0, 200)}`);
        await delay(5);
      }
    };
    const callers = Array.from({ length: 10 }, caller);
    for (const pause of [2_000, 3_000]) {
      await delay(pause);
      restart();
    }
    await Promise.all(callers);
    assert.deepEqual(failures, []);
    const after = [...processesBehind('/token')].filter((pid) => !before.has(pid));
    assert.ok(after.length > 0, 'no new process answered');
    console.log(`    ${answered} requests answered, by ${after.length} new processes`);
  },

  async 'shares revocations between two processes'() {
    const client = makeClient('revoking');
    await delay(2_000);
    const issued = await request('/oauth2/token', form({ grant_type: 'client_credentials' }, basic(client)));
    assert.equal(issued.status, 200, issued.text);
    const token = issued.body.access_token;
    assert.equal((await request('/oauth2/revoke', form({ token }, basic(client)))).status, 200);
    const revokedAt = Date.now();
    await delay(2_000);
    const verdicts = await Promise.all(
      Array.from({ length: 40 }, () => request('/verify', json({ token, aud: 'logging-service' }))),
    );
    assert.deepEqual(new Set(verdicts.map(({ body }) => body.code)), new Set(['token_revoked']));
    assert.ok(Date.now() - revokedAt < 10_000);
    const behind = processesBehind('/verify');
    assert.ok(behind.size >= 2, `answered by ${behind.size} process alone`);
  },

  async 'writes no secret to the log of Passenger'() {
    const text = readFileSync(log, 'utf8');
    assert.ok(!text.includes(SECRET));
    assert.doesNotMatch(text, /eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/);
  },
};

let failed = 0;
try {
  prepare();
  settle({ JWT_SECRET_KEY: SECRET, TOKEN_ENDPOINT_AUTH: 'none', DEBUG_ENV: 'true' });
  apache('start');
  await until('the first answer', async () => (await request('/ping').catch(() => ({}))).status === 200);
  for (const [name, check] of Object.entries(checks)) {
    await check();
    console.log(`ok: ${name}`);
  }
} catch (error) {
  failed = 1;
  console.error(error);
  if (existsSync(log)) console.error(readFileSync(log, 'utf8').slice(-4_000));
} finally {
  try {
    apache('stop');
    await until('the end of Apache', () => !existsSync(join(scratch, 'apache.pid')));
    const stopped = /"signal":"Passenger","msg":"stopping"/;
    await until('word that the service was told to stop', () => stopped.test(readFileSync(log, 'utf8')));
    console.log('ok: stops in good order with Apache');
  } catch (error) {
    failed = 1;
    console.error(error);
  }
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = failed;

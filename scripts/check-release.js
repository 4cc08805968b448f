#!/usr/bin/env node
// Checks that services that were released together agree: for each service, the version in package.json, a
// git tag of its commit and the version of the running service; for all of them, the issuer and the
// fingerprint of the shared secret. Exits 1 if something differs. See docs/release-together.md.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const USAGE = 'Usage: node scripts/check-release.js FOLDER=URL [FOLDER=URL …]';
/** How long a response may take, in milliseconds. */
const PATIENCE = 5_000;

let passes = true;
const ok = (about) => console.log(`ok     ${about}`);
const wrong = (about) => {
  passes = false;
  console.log(`wrong  ${about}`);
};

function packageOf(folder) {
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return { name, version };
}

function git(folder, ...parameters) {
  return execFileSync('git', ['-C', folder, ...parameters], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** @returns what disagrees with the version of the package */
function faultsOfTag(folder, { name, version }) {
  let tags;
  try {
    tags = git(folder, 'tag', '--points-at', 'HEAD').split('\n');
  } catch {
    return ['the folder is no git repository'];
  }
  const names = [`v${version}`, `${name}@${version}`];
  const faults = names.some((tag) => tags.includes(tag))
    ? []
    : [`no tag ${names.join(' or ')} at its commit`];
  if (git(folder, 'status', '--porcelain', '--untracked-files=no', '--', '.') !== '') {
    faults.push('files differ from its commit');
  }
  return faults;
}

/** @returns {Promise<Record<string, any> | string>} the response of /debug-env, or why there is none */
async function debugEnvOf(url, nonce) {
  try {
    const answer = await fetch(`${url.replace(/\/$/, '')}/debug-env?nonce=${nonce}`, {
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.status === 404) return '/debug-env is off: set DEBUG_ENV=true for the time of the check';
    if (answer.status !== 200) return `/debug-env answers ${answer.status}`;
    const shown = await answer.json();
    return typeof shown === 'object' && shown !== null ? shown : '/debug-env answers no object';
  } catch (error) {
    return `/debug-env does not answer: ${error.cause?.code ?? error.message}`;
  }
}

/** @returns the response of /debug-env; `undefined` if there is none */
async function checkService({ folder, url }, nonce) {
  const { name, version } = packageOf(folder);
  const shown = await debugEnvOf(url, nonce);
  const faults = faultsOfTag(folder, { name, version });
  if (typeof shown === 'string') faults.push(shown);
  else if (shown.version !== version) faults.push(`${JSON.stringify(shown.version)} is running`);
  if (faults.length === 0) ok(`${name} ${version}: package.json, git tag and /debug-env agree`);
  else wrong(`${name} ${version}: ${faults.join('; ')}`);
  return typeof shown === 'string' ? undefined : shown;
}

/**
 * @param name what is compared
 * @param values those of the services that have one
 */
function checkSame(name, values) {
  if (values.length < 2) return;
  if (new Set(values).size === 1) ok(`all have the same ${name}`);
  else wrong(`they differ in the ${name}`);
}

const services = process.argv.slice(2).map((pair) => {
  const at = pair.indexOf('=');
  return { folder: pair.slice(0, at), url: pair.slice(at + 1), isPair: at > 0 };
});
if (services.length === 0 || !services.every(({ url, isPair }) => isPair && /^https?:\/\//.test(url))) {
  console.error(USAGE);
  process.exit(2);
}
const nonce = randomBytes(12).toString('hex');
const shown = [];
for (const service of services) shown.push(await checkService(service, nonce));
const answered = shown.filter((each) => each !== undefined);
checkSame(
  'JWT_ISSUER',
  answered.map((each) => each.JWT_ISSUER),
);
// A service that has only public keys has no secret to compare.
checkSame(
  'shared secret, by its fingerprint',
  answered.map((each) => each.JWT_SECRET_KEY?.fingerprint).filter((each) => each !== undefined),
);
process.exitCode = passes ? 0 : 1;

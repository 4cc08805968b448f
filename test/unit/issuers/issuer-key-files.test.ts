import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RemoteFailure } from '../../../src/http-client/remote-failure.js';
import { readBearerToken, readCertificates } from '../../../src/issuers/issuer-key-files.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';
import { makeCertificates, type TestCertificates } from '../../support/test-certificates.js';

const URL = 'https://10.0.0.1/openid/v1/jwks';
const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzZWNyZXQifQ.c2lnbmF0dXJl';
const KIB = 1024;

let folder: string;
let path: string;
let certificates: TestCertificates;
beforeAll(() => {
  certificates = makeCertificates();
});
beforeEach(() => {
  folder = temporaryDirectory();
  path = join(folder, 'file');
});
afterAll(removeTemporaryDirectories);

/** The whole message of the failure. */
async function failureOf(work: Promise<string>): Promise<string> {
  const cause: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(cause).toBeInstanceOf(RemoteFailure);
  return (cause as RemoteFailure).message;
}

describe('readBearerToken', () => {
  it.each([
    ['as it is', TOKEN],
    ['without a line end', `${TOKEN}\n`],
    ['without the whitespace around it', ` \r\n${TOKEN}\t\r\n`],
  ])('reads the token in a file %s', async (_name, content) => {
    writeFileSync(path, content);
    expect(await readBearerToken(path, URL)).toBe(TOKEN);
  });

  it('reads a token through links, as Kubernetes mounts it', async () => {
    mkdirSync(join(folder, '..2026'));
    writeFileSync(join(folder, '..2026', 'token'), TOKEN);
    symlinkSync('..2026', join(folder, '..data'));
    symlinkSync('..data/token', join(folder, 'token'));
    expect(await readBearerToken(join(folder, 'token'), URL)).toBe(TOKEN);
  });

  it('reads a token of 64 KiB', async () => {
    writeFileSync(path, 'a'.repeat(64 * KIB));
    expect(await readBearerToken(path, URL)).toHaveLength(64 * KIB);
  });

  it.each([
    ['is empty', '', 'token_file does not contain one token'],
    ['is blank', ' \n', 'token_file does not contain one token'],
    ['has two lines', `${TOKEN}\n${TOKEN}`, 'token_file does not contain one token'],
    ['would add a header', `${TOKEN}\r\nx-other: value`, 'token_file does not contain one token'],
    ['has a space in it', `Bearer ${TOKEN}`, 'token_file does not contain one token'],
    ['is not ASCII', `${TOKEN}é`, 'token_file does not contain one token'],
    ['has a NUL', `${TOKEN}\0`, 'token_file does not contain one token'],
    ['is over 64 KiB', TOKEN.repeat(2000), 'token_file is over 64 KiB'],
  ])('fails if the file %s, and quotes nothing of it', async (_name, content, reason) => {
    writeFileSync(path, content);
    expect(await failureOf(readBearerToken(path, URL))).toBe(`${URL}: ${reason}`);
  });

  it('fails if there is no file, without its path', async () => {
    const message = await failureOf(readBearerToken(path, URL));
    expect(message).toBe(`${URL}: token_file cannot be read (ENOENT)`);
  });

  it('fails if the path is a directory', async () => {
    expect(await failureOf(readBearerToken(folder, URL))).toBe(`${URL}: token_file is not a file`);
  });

  it('fails at once if the path is a named pipe or a device', async () => {
    execFileSync('mkfifo', [path]);
    expect(await failureOf(readBearerToken(path, URL))).toBe(`${URL}: token_file is not a file`);
    expect(await failureOf(readBearerToken('/dev/zero', URL))).toBe(`${URL}: token_file is not a file`);
  });
});

describe('readCertificates', () => {
  it('reads every certificate in a file, and nothing else', async () => {
    const both = await readCertificates(certificates.bothRoots, URL);
    expect(both.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(both).not.toContain('# the right one');
  });

  it('leaves out a private key in the same file', async () => {
    writeFileSync(
      path,
      `${readFileSync(certificates.key, 'utf8')}\n${readFileSync(certificates.certificate, 'utf8')}`,
    );
    expect(await readCertificates(path, URL)).not.toContain('PRIVATE');
  });

  it.each([
    ['is empty', '', 'ca_file has no certificate in PEM'],
    ['has no certificate', 'secret', 'ca_file has no certificate in PEM'],
    [
      'has an invalid certificate',
      '-----BEGIN CERTIFICATE-----\nc2VjcmV0\n-----END CERTIFICATE-----',
      'ca_file has a certificate that cannot be read',
    ],
    ['is over 4 MiB', 'a'.repeat(4 * KIB * KIB + 1), 'ca_file is over 4096 KiB'],
  ])('fails if the file %s', async (_name, content, reason) => {
    writeFileSync(path, content);
    expect(await failureOf(readCertificates(path, URL))).toBe(`${URL}: ${reason}`);
  });

  it('fails if there is no file, without its path', async () => {
    expect(await failureOf(readCertificates(path, URL))).toBe(`${URL}: ca_file cannot be read (ENOENT)`);
  });
});

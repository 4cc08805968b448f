import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './temporary-directory.js';

/** Paths of PEM files. */
export interface TestCertificates {
  /** The root that signed the certificate of the server. */
  readonly root: string;
  /** Another root of the same name. */
  readonly wrongRoot: string;
  /** Both roots in one file, the wrong one first. */
  readonly bothRoots: string;
  /** For `localhost` and 127.0.0.2, not for 127.0.0.1. */
  readonly certificate: string;
  readonly key: string;
}

/** Makes certificates with the command `openssl`. */
export function makeCertificates(folder = temporaryDirectory()): TestCertificates {
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): string =>
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const makeRoot = (name: string): string =>
    openssl('req', '-x509', ...newKey, '-keyout', `${name}.key`, '-subj', '/CN=Test root', '-days', '2');
  const [root, wrongRoot] = [makeRoot('root'), makeRoot('wrong')];
  writeFileSync(file('root.pem'), root);
  writeFileSync(file('wrong.pem'), wrongRoot);
  writeFileSync(file('both.pem'), `${wrongRoot}# the right one\n${root}`);
  writeFileSync(file('names'), 'subjectAltName=DNS:localhost,IP:127.0.0.2\n');
  openssl('req', ...newKey, '-keyout', 'server.key', '-subj', '/CN=server', '-out', 'server.csr');
  const signed = ['-req', '-in', 'server.csr', '-CA', 'root.pem', '-CAkey', 'root.key', '-CAcreateserial'];
  openssl('x509', ...signed, '-days', '2', '-extfile', 'names', '-out', 'server.pem');
  return {
    root: file('root.pem'),
    wrongRoot: file('wrong.pem'),
    bothRoots: file('both.pem'),
    certificate: file('server.pem'),
    key: file('server.key'),
  };
}

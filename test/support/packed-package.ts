import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './built-service.js';

/** A file of a tarball. */
export interface PackedFile {
  /** Relative to the root of the package. */
  readonly path: string;
  readonly isExecutable: boolean;
}

/** One of the packages that `npm run pack` makes. */
export class PackedPackage {
  /**
   * @param name such as `@acme/identity-client`
   * @param path of the tarball
   */
  constructor(
    readonly name: string,
    readonly path: string,
  ) {}

  /** The size of the tarball in bytes. */
  get size(): number {
    return statSync(this.path).size;
  }

  get files(): readonly PackedFile[] {
    const lines = execFileSync('tar', ['-tvzf', this.path], { encoding: 'utf8' }).trimEnd().split('\n');
    return lines.map((line) => ({
      path: line.replace(/^.* package\//, ''),
      isExecutable: /^-rwxr-xr-x /.test(line),
    }));
  }

  /** Unpacks it into a `node_modules`, as if it were installed there, without its dependencies. */
  unpackInto(modules: string): void {
    const folder = join(modules, this.name);
    mkdirSync(folder, { recursive: true });
    execFileSync('tar', ['-xzf', this.path, '-C', folder, '--strip-components=1']);
  }
}

/** Packs both packages into a folder, which also builds them. */
export function pack(folder: string): { readonly service: PackedPackage; readonly client: PackedPackage } {
  const script = join(ROOT, 'scripts/pack.js');
  const output = execFileSync(process.execPath, [script, '--scope', '@acme', '--out', folder], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [service = '', client = ''] = output.split('\n');
  return {
    service: new PackedPackage('@acme/identity-backend', service),
    client: new PackedPackage('@acme/identity-client', client),
  };
}

/** Links the installed packages of this one into a folder, as if they were installed there. */
export function linkInstalledPackages(folder: string, without: readonly string[] = []): void {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name.startsWith('.') || without.includes(name)) continue;
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, name));
  }
}

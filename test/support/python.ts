import { spawnSync } from 'node:child_process';

/**
 * @param modules that it must have, as `import` takes them
 * @returns a Python; Debian's own knows Debian's packages, the first one on the path need not
 */
export function pythonWith(modules: string): string | undefined {
  return ['python3', '/usr/bin/python3'].find(
    (program) => spawnSync(program, ['-c', `import ${modules}`]).status === 0,
  );
}

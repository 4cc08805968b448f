import { spawnSync } from 'node:child_process';

/**
 * @param modules that it must have, comma-separated
 * @returns a Python; if the first one on the path lacks the modules, Debian's own may have them
 */
export function pythonWith(modules: string): string | undefined {
  return ['python3', '/usr/bin/python3'].find(
    (program) => spawnSync(program, ['-c', `import ${modules}`]).status === 0,
  );
}

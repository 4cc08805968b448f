import { spawnSync } from 'node:child_process';

/** Whether the Debian packages for the Flask peer are installed: python3-flask, python3-jwt and gunicorn. */
export function hasFlask() {
  const { status } = spawnSync('/usr/bin/python3', ['-c', 'import flask, jwt, gunicorn'], {
    stdio: 'ignore',
  });
  if (status !== 0)
    process.stdout.write('Left out, Flask and PyJWT: the Python packages are not installed\n');
  return status === 0;
}

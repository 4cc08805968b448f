import cluster from 'node:cluster';
import { replyToArguments } from './start/arguments.js';
import { GracefulStop, IN_PASSENGER } from './graceful-shutdown.js';
import { VERSION } from './version.js';

// This file imports little: signals must be handled from the first line on, and the service takes time to
// load. Under Passenger, the arguments are those of its loader.
const reply = IN_PASSENGER ? undefined : replyToArguments(process.argv.slice(2), VERSION);
if (reply) {
  (reply.code === 0 ? process.stdout : process.stderr).write(reply.text);
  process.exitCode = reply.code;
} else {
  const stop = new GracefulStop(cluster.isWorker && !IN_PASSENGER);
  const { serve } = await import('./start/serve.js');
  await serve(stop);
}

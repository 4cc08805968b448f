import { findSourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

const POSITION = /file:\/\/\S+:\d+:\d+(?=\)?$)/;

/**
 * Makes stack traces name lines of TypeScript. Node does so too (`setSourceMapsEnabled`), but writes `at <anonymous>` for
 * a function without a name, and jest leaves such lines out of its reports.
 */
export function traceTypeScript() {
  process.setSourceMapsEnabled(true);
  Error.prepareStackTrace = (error, callSites) =>
    [describe(error), ...callSites.map(locate)].join('\n    at ');
}

function describe(error) {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return 'Error';
  }
}

function locate(callSite) {
  const text = callSite.toString();
  const file = callSite.getFileName();
  const entry =
    file && findSourceMap(file)?.findEntry(callSite.getLineNumber() - 1, callSite.getColumnNumber() - 1);
  if (!entry?.originalSource) return text;
  const { originalSource, originalLine, originalColumn } = entry;
  const path = originalSource.startsWith('file:') ? fileURLToPath(originalSource) : originalSource;
  return text.replace(POSITION, `${path}:${originalLine + 1}:${originalColumn + 1}`);
}

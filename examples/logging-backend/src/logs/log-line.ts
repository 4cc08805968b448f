import type { LogEntry } from './log-entry.js';

/** One line of the download. What would begin another line is escaped, so that no one can forge lines. */
export function logLine({ time, level, service, message, context, written_by }: LogEntry): string {
  const parts = [time, level.toUpperCase(), `${service} (${written_by ?? '-'}):`, message];
  if (context) parts.push(JSON.stringify(context));
  return `${parts.map(onOneLine).join(' ')}\n`;
}

function onOneLine(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** @type {readonly { title: string, right?: true, cell: (row: import('./summary.js').Row) => string }[]} */
const COLUMNS = [
  { title: 'case', cell: (row) => `\`${row.case}\`` },
  { title: 'server', cell: (row) => row.server },
  { title: 'req/s', right: true, cell: (row) => String(row.requestsPerSecond) },
  { title: 'p50 ms', right: true, cell: (row) => row.p50.toFixed(2) },
  { title: 'p99 ms', right: true, cell: (row) => row.p99.toFixed(2) },
  { title: 'CPU µs', right: true, cell: ({ cpu }) => (cpu ? cpu.median.toFixed(1) : 'not available') },
  {
    title: 'least to most',
    right: true,
    cell: ({ cpu }) => (cpu ? `${cpu.least.toFixed(1)} to ${cpu.most.toFixed(1)}` : ''),
  },
  {
    title: 'CPU to bare Fastify',
    right: true,
    cell: ({ ratio }) => (ratio === null ? '' : ratio.toFixed(2)),
  },
];

/**
 * @param {readonly import('./summary.js').Row[]} rows
 * @returns {string} a Markdown table whose columns are padded, so that it reads as well in a terminal
 */
export function table(rows) {
  const cells = [
    COLUMNS.map(({ title }) => title),
    ...rows.map((row) => COLUMNS.map(({ cell }) => cell(row))),
  ];
  const widths = COLUMNS.map((_column, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)));
  const lines = cells.map((line) => line.map((text, at) => pad(text, widths[at] ?? 0, COLUMNS[at]?.right)));
  const rule = COLUMNS.map(
    ({ right }, at) => '-'.repeat((widths[at] ?? 0) - (right ? 1 : 0)) + (right ? ':' : ''),
  );
  return [lines[0], rule, ...lines.slice(1)].map((line) => `| ${line?.join(' | ')} |`).join('\n');
}

/**
 * @param {string} text
 * @param {number} width
 * @param {boolean} [right]
 */
function pad(text, width, right) {
  return right ? text.padStart(width) : text.padEnd(width);
}

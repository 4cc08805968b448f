/**
 * @template R
 * @typedef {{ title: string, right?: true, cell: (row: R) => string }} Column
 */

/** @type {readonly Column<import('./summary.js').Row>[]} */
const FIGURES = [
  { title: 'req/s', right: true, cell: (row) => String(row.requestsPerSecond) },
  { title: 'p50 ms', right: true, cell: (row) => row.p50.toFixed(2) },
  { title: 'p99 ms', right: true, cell: (row) => row.p99.toFixed(2) },
  { title: 'CPU µs', right: true, cell: ({ cpu }) => (cpu ? cpu.median.toFixed(1) : 'not available') },
  {
    title: 'least to most',
    right: true,
    cell: ({ cpu }) => (cpu ? `${cpu.least.toFixed(1)} to ${cpu.most.toFixed(1)}` : ''),
  },
];

/**
 * @param {readonly import('./summary.js').Row[]} rows
 * @param {{ case?: string, server: string, ratios: readonly string[] }} titles without `case`, that column is
 *   left out
 * @returns {string}
 */
export function tableOfRows(rows, titles) {
  return table(rows, [
    ...(titles.case === undefined
      ? []
      : [{ title: titles.case, cell: (/** @type {import('./summary.js').Row} */ row) => `\`${row.case}\`` }]),
    { title: titles.server, cell: (row) => row.server },
    ...FIGURES,
    ...titles.ratios.map((title, at) => ({
      title,
      right: /** @type {const} */ (true),
      cell: (/** @type {import('./summary.js').Row} */ { ratios }) => ratios[at]?.toFixed(2) ?? '',
    })),
  ]);
}

/**
 * @param {readonly import('./starts.js').Starts[]} starts
 * @returns {string}
 */
export function tableOfStarts(starts) {
  const memory = (/** @type {number | null} */ mebibytes) =>
    mebibytes === null ? 'not available' : String(mebibytes);
  return table(starts, [
    { title: 'clients', right: true, cell: ({ clients }) => clients.toLocaleString('en') },
    { title: 'start s', right: true, cell: ({ seconds }) => seconds.median.toFixed(1) },
    {
      title: 'least to most',
      right: true,
      cell: ({ seconds }) => `${seconds.least.toFixed(1)} to ${seconds.most.toFixed(1)}`,
    },
    { title: 'MiB after start', right: true, cell: ({ afterStart }) => memory(afterStart) },
    { title: 'MiB after load', right: true, cell: ({ afterLoad }) => memory(afterLoad) },
    { title: 'MiB at most', right: true, cell: ({ peak }) => memory(peak) },
  ]);
}

/**
 * @param {string} algorithm
 * @param {readonly import('./guard-measure.js').GuardRow[]} rows
 * @returns {string}
 */
export function tableOfGuards(algorithm, rows) {
  return table(rows, [
    { title: algorithm, cell: ({ name }) => name },
    { title: 'CPU µs', right: true, cell: ({ cpu }) => cpu.median.toFixed(1) },
    {
      title: 'least to most',
      right: true,
      cell: ({ cpu }) => `${cpu.least.toFixed(1)} to ${cpu.most.toFixed(1)}`,
    },
    { title: 'to node:crypto', right: true, cell: ({ toReference }) => toReference.toFixed(2) },
    { title: 'to the guard', right: true, cell: ({ toGuard }) => toGuard.toFixed(2) },
  ]);
}

/**
 * @template R
 * @param {readonly R[]} rows
 * @param {readonly Column<R>[]} columns
 * @returns {string} a Markdown table with padded columns, which is readable in a terminal too
 */
function table(rows, columns) {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ cell }) => cell(row))),
  ];
  const widths = columns.map((_column, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)));
  const lines = cells.map((line) => line.map((text, at) => pad(text, widths[at] ?? 0, columns[at]?.right)));
  const rule = columns.map(
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

const WIDTH = 760;
const LABEL = 190;
const BAR = 16;
const GAP = 6;
const TITLE = 34;

/**
 * Draws the processor time of a request on each server, as bars.
 *
 * @param {readonly import('./summary.js').Row[]} rows
 * @param {string} machine
 * @returns {string} an SVG
 */
export function chartOf(rows, machine) {
  const cases = ['/token', '/verify'].map((name) => ({
    name,
    rows: rows.filter((row) => row.case === name && row.cpu),
  }));
  const most = Math.max(1, ...cases.flatMap((each) => each.rows.map(({ cpu }) => cpu?.median ?? 0)));
  const scale = (WIDTH - LABEL - 90) / most;
  let y = 28;
  const parts = cases.map(({ name, rows: servers }) => {
    const title = text(0, (y += TITLE) - 14, `POST ${name}`, 'font-weight="bold"');
    const bars = servers.map(({ server, cpu }) => {
      const value = cpu?.median ?? 0;
      const top = y;
      y += BAR + GAP;
      const colour = server === 'identity-backend' ? '#1f6feb' : '#8c959f';
      return [
        text(LABEL - 8, top + 12, server, 'text-anchor="end"'),
        `<rect x="${LABEL}" y="${top}" width="${(value * scale).toFixed(1)}" height="${BAR}" fill="${colour}"/>`,
        text(LABEL + value * scale + 6, top + 12, `${value.toFixed(0)} µs`),
      ].join('\n');
    });
    return [title, ...bars].join('\n');
  });
  const heading = text(0, 18, `Processor time of the server for one request; ${machine}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y + 8}" font-family="sans-serif" font-size="12">`,
    '<rect width="100%" height="100%" fill="white"/>',
    heading,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} words
 * @param {string} [attributes]
 */
function text(x, y, words, attributes = '') {
  return `<text x="${(x + 8).toFixed(1)}" y="${y}" ${attributes}>${words}</text>`;
}

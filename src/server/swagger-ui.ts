import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type MemoryFile, memoryFile } from './in-memory-file.js';

/** The files of `swagger-ui-dist` that the page loads. No others are served. */
const ASSETS = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'index.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui-standalone-preset.js': 'text/javascript; charset=utf-8',
  'favicon-16x16.png': 'image/png',
  'favicon-32x32.png': 'image/png',
} as const;

/**
 * Starts Swagger UI with the document next to the folder of the page, whatever path a proxy serves both at.
 */
const START = `window.onload = () => {
  window.ui = SwaggerUIBundle({
    url: new URL('../openapi.json', document.getElementById('start').src).href,
    dom_id: '#swagger-ui',
    deepLinking: true,
    displayRequestDuration: true,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    plugins: [SwaggerUIBundle.plugins.DownloadUrl],
    layout: 'StandaloneLayout',
  });
};
`;

/**
 * Reads the files of Swagger UI, by their path within its folder.
 *
 * @param title the title of the page
 */
export function swaggerUiFiles(title: string): ReadonlyMap<string, MemoryFile> {
  const folder = assetsFolder();
  const files = new Map<string, MemoryFile>();
  for (const [name, type] of Object.entries(ASSETS)) {
    files.set(`/${name}`, memoryFile(readFileSync(join(folder, name)), type));
  }
  files.set('/swagger-ui-init.js', memoryFile(START, 'text/javascript; charset=utf-8'));
  // Without a trailing slash, the URL of the page is one folder above its files.
  files.set('', page(title, './docs/'));
  for (const path of ['/', '/index.html']) files.set(path, page(title, './'));
  return files;
}

function page(title: string, base: string): MemoryFile {
  return memoryFile(
    `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="UTF-8">
    <title>${title}</title>
    <link rel="stylesheet" type="text/css" href="${base}swagger-ui.css">
    <link rel="stylesheet" type="text/css" href="${base}index.css">
    <link rel="icon" type="image/png" href="${base}favicon-32x32.png" sizes="32x32">
    <link rel="icon" type="image/png" href="${base}favicon-16x16.png" sizes="16x16">
    <style>.swagger-ui .topbar .download-url-wrapper { display: none }</style>
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="${base}swagger-ui-bundle.js"></script>
    <script src="${base}swagger-ui-standalone-preset.js"></script>
    <script id="start" src="${base}swagger-ui-init.js"></script>
  </body>
</html>
`,
    'text/html; charset=utf-8',
  );
}

/** The copy of `swagger-ui-dist` that `@nestjs/swagger` depends on. */
function assetsFolder(): string {
  const swagger = createRequire(import.meta.url).resolve('@nestjs/swagger');
  return dirname(createRequire(swagger).resolve('swagger-ui-dist/package.json'));
}

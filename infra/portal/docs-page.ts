import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, extname, join } from 'node:path';
import type { Page } from '../local/gateway/server.ts';

const types: Record<string, string> = {
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.png': 'image/png',
  '.html': 'text/html; charset=utf-8',
};
const files = new Set([
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'favicon-32x32.png',
  'favicon-16x16.png',
  'index.css',
]);

/** The pages of the API's document: the JSON, and a viewer served from its package. */
export function docsPages(document: object): Record<string, Page> {
  const viewer = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const openApi = JSON.stringify(document, null, 2);
  return {
    '/openapi.json': (_request, response) => send(response, 'application/json', openApi),
    '/docs': (request, response) => {
      const name = fileName(request);
      if (name === '') return send(response, types['.html']!, viewerPage);
      if (name === 'start.js') return send(response, types['.js']!, startScript);
      if (!files.has(name)) return send(response, 'text/plain', 'Not found', 404);
      return send(response, types[extname(name)]!, readFileSync(join(viewer, name)));
    },
  };
}

function fileName(request: IncomingMessage): string {
  return new URL(request.url ?? '/', 'http://local').pathname.replace(/^\/docs\/?/, '');
}

function send(response: ServerResponse, type: string, body: string | Buffer, status = 200): void {
  response.writeHead(status, { 'content-type': type });
  response.end(body);
}

const viewerPage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Annex API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const startScript = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true });
`;

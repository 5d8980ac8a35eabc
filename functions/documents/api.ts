import { pageOf } from '../../shared/http/page.ts';
import { type BoundRoute, on } from '../../shared/http/request.ts';
import { announceDocument, type DocumentDependencies } from './announce-document.ts';
import * as routes from './routes.ts';
import { listDocuments, showDocument } from './show-documents.ts';

export function documentsApi(dependencies: DocumentDependencies): BoundRoute[] {
  return [
    on(routes.listDocuments, async ({ context, query, listScope }) => ({
      body: await pageOf(query, listScope, (page) => listDocuments(dependencies, context, page)),
    })),
    on(routes.postDocument, ({ context, body }) => announceDocument(dependencies, context, body)),
    on(routes.getDocument, ({ context, params }) =>
      showDocument(dependencies, context, params['documentId']!),
    ),
  ];
}

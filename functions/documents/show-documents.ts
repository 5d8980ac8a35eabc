import { notFound } from '../../shared/core/problem.ts';
import type { PageRequest, StoredPage } from '../../shared/table/page.ts';
import type { RequestContext } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import type { DocumentDependencies } from './announce-document.ts';
import {
  type Document,
  documentType,
  documentView,
  isVisible,
  objectKeyOf,
  type Viewer,
} from './document.ts';
import { inspectUpload } from './inspect-upload.ts';

/** The most pending documents whose upload one list inspects. */
const mostInspected = 5;

/** Documents that the caller may see, newest first. */
export async function listDocuments(
  dependencies: DocumentDependencies,
  context: RequestContext,
  page: PageRequest,
): Promise<StoredPage<object>> {
  const { accountId, now } = context;
  const viewer = viewerOf(context);
  let remaining = mostInspected;
  const filterVisible = async (batch: Document[]): Promise<Document[]> => {
    const pending = batch.filter(({ status }) => status === 'pending').slice(0, remaining);
    remaining -= pending.length;
    const current = await Promise.all(
      batch.map((document) =>
        pending.includes(document) ? inspectUpload(dependencies, document, now) : Promise.resolve(document),
      ),
    );
    return current.filter((document) => isVisible(document, viewer));
  };
  const { items, next } = await dependencies.documents.list(accountId, page, filterVisible);
  return { items: items.map((document) => documentView(document, viewer)), next };
}

/** One document, with a link of five minutes to its PDF. */
export async function showDocument(
  dependencies: DocumentDependencies,
  context: RequestContext,
  documentId: string,
): Promise<Reply> {
  const { documents, files } = dependencies;
  const viewer = viewerOf(context);
  const stored = await documents.get(context.accountId, documentId);
  if (!stored) throw notFound();
  const document = await inspectUpload(dependencies, stored, context.now);
  if (!isVisible(document, viewer)) throw notFound();
  const { id, fileName, status, version, versionId } = document;
  const url =
    status === 'ready' ? await files.downloadLink(objectKeyOf(id), fileName, documentType, versionId) : null;
  return { body: { ...documentView(document, viewer), url }, version };
}

function viewerOf({ authority }: RequestContext): Viewer {
  if (authority.kind === 'main-account') return 'main-account';
  return authority.kind === 'staff' ? 'staff' : 'own';
}

import type { TestProject } from 'vitest/node';
import { type Portal, startPortal } from '../../../infra/portal/portal.ts';

declare module 'vitest' {
  interface ProvidedContext {
    portal: Portal;
  }
}

/** One local cloud for all local tests, on free ports; each test makes accounts of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cloud = await startPortal({ demo: true });
  project.provide('portal', cloud.portal);
  return () => cloud.close();
}

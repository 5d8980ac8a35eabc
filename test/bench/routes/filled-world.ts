import { document, domain, invoice, order, payment, quote, openShop, service } from './account-things.ts';
import { PortalWorld } from './portal-world.ts';

/** An account with so many of everything: contacts who sign in, each with a ticket and an access request, and the rest. */
export async function filledWorld(size: number): Promise<PortalWorld> {
  const world = await PortalWorld.open();
  await openShop(world);
  for (let made = 0; made < size; made++) {
    const { userId } = await world.subAccount();
    await world.accessRequest(userId);
    await world.ticket();
    for (const make of [invoice, quote, payment, domain, service, order]) await make(world);
    // Whoever reads a document first notes that it is there.
    await world.done(world.owner, 'GET', `${world.account}/documents/${await document(world)}`);
  }
  world.portal.nudged = [];
  return world;
}

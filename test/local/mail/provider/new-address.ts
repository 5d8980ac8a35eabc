import { afterEach, expect, test } from 'vitest';
import { type Account, addressOf, openAccount, password } from '../../people.ts';
import type { OwnPortal } from './own-portal.ts';

const threeDays = 72 * 3_600_000;

export function aboutNewAddresses(portal: OwnPortal): void {
  afterEach(() => portal.moveClock(null));

  const mailTo = (address: string, pattern: RegExp): Promise<string> =>
    portal.client.until(async () => {
      const mails = (await portal.client.mails()).filter((mail) => mail.envelope.to.includes(address));
      return mails.flatMap((mail) => pattern.exec(mail.text)?.[0] ?? []).at(-1);
    });
  const post = ({ owner }: Account, path: string, body?: unknown) =>
    portal.client.call(owner.token, 'POST', `/v1/me/${path}`, body);

  /** An account whose owner proved the address and confirmed another one. */
  async function changing(): Promise<{ account: Account; next: string; stop: string }> {
    const account = await openAccount(portal.client);
    const { email } = account.owner;
    const next = addressOf('next');
    await post(account, 'prove-address');
    const proof = await mailTo(email, /^\d{8}$/m);
    expect((await post(account, 'prove-address/confirm', { code: proof })).status).toBe(204);
    expect((await post(account, 'address', { email: next })).status).toBe(202);
    const code = await mailTo(next, /^\d{8}$/m);
    expect((await post(account, 'address/confirm', { code })).status).toBe(202);
    return { account, next, stop: await mailTo(email, /\/v1\/invitation\/[\w.-]+/) };
  }

  test('takes effect after 72 hours unless the link in the mail to the old one stops it', async () => {
    const [kept, moved] = [await changing(), await changing()];
    const shown = await portal.client.call(null, 'GET', kept.stop);
    expect(shown.body).toMatchObject({ purpose: 'address-change', newEmail: kept.next });
    expect((await portal.client.call(null, 'POST', kept.stop)).body).toMatchObject({ stopped: true });
    await expect(portal.client.signIn(moved.next, password)).rejects.toThrow();
    await portal.moveClock(threeDays + 120_000);
    await portal.client.invoke('outbox', {});
    const token = await portal.client.until(() =>
      portal.client.signIn(moved.next, password).catch(() => null),
    );
    expect((await portal.client.call(token, 'GET', '/v1/me')).body.user.email).toBe(moved.next);
    const card = await portal.client.call(token, 'GET', moved.account.path);
    expect(card.status).toBe(200);
    await expect(portal.client.signIn(moved.account.owner.email, password)).rejects.toThrow();
    await portal.client.signIn(kept.account.owner.email, password);
    await expect(portal.client.signIn(kept.next, password)).rejects.toThrow();
  }, 90_000);
}

import type { Language } from '../../shared/language/languages.ts';
import { Problem } from '../../shared/core/problem.ts';
import { acceptedTags, firstSpoken } from '../../shared/language/choose.ts';
import type { Login } from '../../shared/accounts/people.ts';
import { type BoundRoute, on } from '../../shared/http/request.ts';
import { readAddressStop } from '../../shared/mail/invitations/signed-link.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import { askForNewAddress, confirmNewAddress } from './address/change-address.ts';
import { changeBehind, changeView, stopChange } from './address/stop-change.ts';
import { acceptByLink, acceptMembership } from './membership/accept-membership.ts';
import { invitationBehind, invitationView, type OpenInvitation } from './membership/open-invitation.ts';
import { askForHelp } from './ask-for-help.ts';
import { changeMe } from './change-me.ts';
import { askForProof, proveAddress } from './codes/prove-address.ts';
import { changePassword, signOutEverywhere } from './end-sessions.ts';
import { leaveAccount } from './membership/leave-account.ts';
import type { OwnLoginDependencies } from './login-dependencies.ts';
import { acceptedPage, addressChangePage, closedPage, invitationPage, stoppedPage } from './pages.ts';
import * as routes from './routes.ts';
import { beginSecondFactor, confirmSecondFactor, removeSecondFactor } from './second-factor/second-factor.ts';

export function loginsApi(dependencies: OwnLoginDependencies): BoundRoute[] {
  return [
    on(routes.getInvitation, ({ params, raw }) =>
      asPage(raw, params['token']!, async (token) => {
        const stop = readAddressStop(token);
        if (stop) {
          const behind = await changeBehind(dependencies, stop);
          const view = changeView(behind);
          return { body: view, html: () => addressChangePage(loginLanguage(raw, behind.login), view) };
        }
        const invitation = await invitationBehind(dependencies, token);
        const view = invitationView(invitation, dependencies);
        return { body: view, html: () => invitationPage(pageLanguage(raw, invitation), view) };
      }),
    ),
    on(routes.postInvitation, ({ params, raw, body, context }) =>
      asPage(raw, params['token']!, async (token) => {
        const stop = readAddressStop(token);
        if (stop) {
          const { login, stopped } = await stopChange(dependencies, stop, context.now);
          return { body: stopped, html: () => stoppedPage(loginLanguage(raw, login), stopped) };
        }
        const invitation = await invitationBehind(dependencies, token);
        const language = pageLanguage(raw, invitation);
        try {
          const accepted = await acceptByLink(dependencies, invitation, body, context.now);
          return { body: accepted, html: () => acceptedPage(language, accepted) };
        } catch (error) {
          if (!wantsPage(raw) || !(error instanceof Problem) || error.kind !== 'invalid-request') throw error;
          const view = invitationView(invitation, dependencies);
          return { body: view, html: () => invitationPage(language, view, true) };
        }
      }),
    ),
    on(routes.postSignInHelp, async ({ body, context }) => {
      await askForHelp(dependencies, body.email, context.now);
      return {};
    }),
    on(routes.patchMe, ({ context, body }) => changeMe(dependencies, context, body)),
    on(routes.postSignOutEverywhere, async ({ context }) => {
      await signOutEverywhere(dependencies, context);
      return {};
    }),
    on(routes.postPassword, async ({ context, body, raw }) => {
      await changePassword(dependencies, context, accessTokenOf(raw), body);
      return {};
    }),
    ...codeRoutes(dependencies),
    on(routes.postAcceptMembership, async ({ context, params }) => {
      await acceptMembership(dependencies, context, params['accountId']!);
      return {};
    }),
    on(routes.deleteMembership, async ({ context, params }) => {
      await leaveAccount(dependencies, context, params['accountId']!);
      return {};
    }),
  ];
}

/** What a code confirms that was mailed to the login’s address. */
function codeRoutes(dependencies: OwnLoginDependencies): BoundRoute[] {
  return [
    on(routes.postProveAddress, async ({ context }) => {
      await askForProof(dependencies, context);
      return {};
    }),
    on(routes.postProveAddressConfirm, async ({ context, body }) => {
      await proveAddress(dependencies, context, body.code);
      return {};
    }),
    on(routes.postAddress, async ({ context, body }) => {
      await askForNewAddress(dependencies, context, body.email);
      return {};
    }),
    on(routes.postAddressConfirm, async ({ context, body }) => {
      await confirmNewAddress(dependencies, context, body.code);
      return {};
    }),
    on(routes.postSecondFactor, ({ context, raw }) =>
      beginSecondFactor(dependencies, context, accessTokenOf(raw)),
    ),
    on(routes.postSecondFactorConfirm, async ({ context, body, raw }) => {
      await confirmSecondFactor(dependencies, context, accessTokenOf(raw), body);
      return {};
    }),
    on(routes.deleteSecondFactor, async ({ context }) => {
      await removeSecondFactor(dependencies, context);
      return {};
    }),
  ];
}

type Raw = { headers: Record<string, string | undefined> };

const wantsPage = ({ headers }: Raw): boolean => (headers['accept'] ?? '').includes('text/html');

const accessTokenOf = ({ headers }: Raw): string => (headers['authorization'] ?? '').replace(/^Bearer /i, '');

/** The person's own language, the browser's, what the account knows of them, its own. */
function pageLanguage(raw: Raw, open: OpenInvitation): Language {
  const known = open.to === 'account' ? [open.contact?.language, open.account.language] : [];
  return loginLanguage(raw, open.login, ...known);
}

/** The person's own language, the browser's, or the first of the others. */
function loginLanguage({ headers }: Raw, { language }: Login, ...others: (string | undefined)[]): Language {
  return firstSpoken(language, ...acceptedTags(headers['accept-language']), ...others);
}

/** What a link answers: JSON, or a page for a browser, refusals too. */
async function asPage(
  raw: Raw,
  token: string,
  run: (token: string) => Promise<{ body: unknown; html: () => Reply }>,
): Promise<Reply> {
  if (!wantsPage(raw)) return { body: (await run(token)).body };
  try {
    return (await run(token)).html();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const language = firstSpoken(...acceptedTags(raw.headers['accept-language']));
    return closedPage(language, error.kind, readAddressStop(token) ? 'address-change' : 'invitation');
  }
}

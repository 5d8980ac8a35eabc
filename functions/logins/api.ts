import type { Language } from '../../shared/language/languages.ts';
import type { Key } from '../../shared/language/messages.ts';
import { Problem } from '../../shared/core/problem.ts';
import { asPage, pageLanguage, type Raw, wantsPage } from '../../shared/http/pages/page.ts';
import { type BoundRoute, on } from '../../shared/http/request.ts';
import { readAddressStop } from '../../shared/mail/invitations/signed-link.ts';
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
import { acceptedPage, addressChangePage, invitationPage, stoppedPage } from './pages.ts';
import * as routes from './routes.ts';
import { beginSecondFactor, confirmSecondFactor, removeSecondFactor } from './second-factor/second-factor.ts';

export function loginsApi(dependencies: OwnLoginDependencies): BoundRoute[] {
  return [
    on(routes.getInvitation, ({ params, raw }) =>
      asPage(raw, closedBecause(params['token']!), async () => {
        const token = params['token']!;
        const stop = readAddressStop(token);
        if (stop) {
          const behind = await changeBehind(dependencies, stop);
          const view = changeView(behind);
          return {
            body: view,
            html: () => addressChangePage(pageLanguage(raw, behind.login.language), view),
          };
        }
        const invitation = await invitationBehind(dependencies, token);
        const view = invitationView(invitation, dependencies);
        return { body: view, html: () => invitationPage(invitationLanguage(raw, invitation), view) };
      }),
    ),
    on(routes.postInvitation, ({ params, raw, body, context }) =>
      asPage(raw, closedBecause(params['token']!), async () => {
        const token = params['token']!;
        const stop = readAddressStop(token);
        if (stop) {
          const { login, stopped } = await stopChange(dependencies, stop, context.now);
          return { body: stopped, html: () => stoppedPage(pageLanguage(raw, login.language), stopped) };
        }
        const invitation = await invitationBehind(dependencies, token);
        const language = invitationLanguage(raw, invitation);
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

const accessTokenOf = ({ headers }: Raw): string => (headers['authorization'] ?? '').replace(/^Bearer /i, '');

/** The person's own language, the browser's, what the account knows of them, its own. */
function invitationLanguage(raw: Raw, open: OpenInvitation): Language {
  const known = open.to === 'account' ? [open.contact?.language, open.account.language] : [];
  return pageLanguage(raw, open.login.language, ...known);
}

/** Why a link of an invitation, or one that stops a change of an address, is over. */
const closedBecause = (token: string): Key =>
  readAddressStop(token) ? 'page.closed.changeOver' : 'page.closed.over';

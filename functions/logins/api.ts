import type { Language } from '../../shared/language/languages.ts';
import { Problem } from '../../shared/core/problem.ts';
import { acceptedTags, firstSpoken } from '../../shared/language/choose.ts';
import { type BoundRoute, on } from '../../shared/http/request.ts';
import type { Reply } from '../../shared/write/idempotency.ts';
import {
  acceptByLink,
  acceptMembership,
  invitationBehind,
  invitationView,
  type OpenInvitation,
} from './membership/accept-membership.ts';
import { askForHelp } from './ask-for-help.ts';
import { changeMe } from './change-me.ts';
import { changePassword, signOutEverywhere } from './end-sessions.ts';
import { leaveAccount } from './membership/leave-account.ts';
import type { OwnLoginDependencies } from './login-dependencies.ts';
import { acceptedPage, closedPage, invitationPage } from './pages.ts';
import * as routes from './routes.ts';

export function loginsApi(dependencies: OwnLoginDependencies): BoundRoute[] {
  return [
    on(routes.getInvitation, ({ params, raw }) =>
      asPage(raw, async () => {
        const invitation = await invitationBehind(dependencies, params['token']!);
        const view = invitationView(invitation);
        return { body: view, html: () => invitationPage(pageLanguage(raw, invitation), view) };
      }),
    ),
    on(routes.postInvitation, ({ params, raw, body, context }) =>
      asPage(raw, async () => {
        const invitation = await invitationBehind(dependencies, params['token']!);
        const language = pageLanguage(raw, invitation);
        try {
          const accepted = await acceptByLink(dependencies, invitation, body, context.now);
          return { body: accepted, html: () => acceptedPage(language, accepted) };
        } catch (error) {
          if (!wantsPage(raw) || !(error instanceof Problem) || error.kind !== 'invalid-request') throw error;
          const view = invitationView(invitation);
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
      const token = (raw.headers['authorization'] ?? '').replace(/^Bearer /i, '');
      await changePassword(dependencies, context, token, body);
      return {};
    }),
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

type Raw = { headers: Record<string, string | undefined> };

const wantsPage = ({ headers }: Raw): boolean => (headers['accept'] ?? '').includes('text/html');

/** The person's own language, the browser's, what the account knows of them, its own. */
function pageLanguage({ headers }: Raw, { login, contact, account }: OpenInvitation): Language {
  const accepted = acceptedTags(headers['accept-language']);
  return firstSpoken(login.language, ...accepted, contact?.language, account.language);
}

/** What a link answers: JSON, or a page for a browser, refusals too. */
async function asPage(raw: Raw, run: () => Promise<{ body: unknown; html: () => Reply }>): Promise<Reply> {
  if (!wantsPage(raw)) return { body: (await run()).body };
  try {
    return (await run()).html();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return closedPage(firstSpoken(...acceptedTags(raw.headers['accept-language'])), error.kind);
  }
}

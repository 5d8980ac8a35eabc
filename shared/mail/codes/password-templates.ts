import { type Layout, say } from '../template-parts.ts';

const openPortal = say('mail.openPortal', 'portalUrl');

/** Mails about the password of a login. */
export const passwordLayouts = {
  'password-code': {
    subject: 'mail.passwordCode.subject',
    parts: [say('mail.helloName'), say('mail.passwordCode.code'), say('mail.passwordCode.works'), openPortal],
  },
  'first-password': {
    subject: 'mail.firstPassword.subject',
    parts: [
      say('mail.helloName'),
      say('mail.firstPassword.made'),
      say('mail.code'),
      say('mail.firstPassword.works'),
      openPortal,
    ],
  },
  'password-recovered': {
    subject: 'mail.passwordRecovered.subject',
    parts: [
      say('mail.helloName'),
      say('mail.passwordRecovered.chosen'),
      say('mail.passwordRecovered.notYou', 'portalUrl'),
    ],
  },
} as const satisfies Record<string, Layout>;

import { type Layout, say } from '../template-parts.ts';

const code = say('mail.code');
const codeWorks = say('mail.code.works');

/** Mails about a person's own login. */
export const loginLayouts = {
  'prove-address-code': {
    subject: 'mail.proveAddressCode.subject',
    parts: [say('mail.hello'), say('mail.proveAddressCode.proves'), code, codeWorks],
  },
  'new-address-code': {
    subject: 'mail.newAddressCode.subject',
    parts: [say('mail.hello'), say('mail.newAddressCode.wanted'), code, codeWorks],
  },
  'address-proven': {
    subject: 'mail.addressProven.subject',
    parts: [
      say('mail.hello'),
      say('mail.addressProven.proven'),
      say('mail.addressProven.choose', 'portalUrl'),
    ],
  },
  'address-changing': {
    subject: 'mail.addressChanging.subject',
    parts: [
      say('mail.hello'),
      say('mail.addressChanging.asked'),
      say('mail.addressChanging.effective'),
      say('mail.addressChanging.stop', 'stopUrl'),
      say('mail.addressChanging.password', 'portalUrl'),
    ],
  },
  'address-changed': {
    subject: 'mail.addressChanged.subject',
    parts: [say('mail.helloName'), say('mail.addressChanged.changed', 'portalUrl')],
  },
  'address-kept': {
    subject: 'mail.addressKept.subject',
    parts: [say('mail.helloName'), say('mail.addressKept.kept', 'portalUrl')],
  },
  'second-factor-code': {
    subject: 'mail.secondFactorCode.subject',
    parts: [
      say('mail.hello'),
      say('mail.secondFactorCode.asked'),
      code,
      say('mail.secondFactorCode.works', 'portalUrl'),
    ],
  },
  'second-factor-set-up': {
    subject: 'mail.secondFactorSetUp.subject',
    parts: [
      say('mail.helloName'),
      say('mail.secondFactorSetUp.setUp', 'portalUrl'),
      say('mail.secondFactorSetUp.notYou'),
    ],
  },
  'second-factor-removed': {
    subject: 'mail.secondFactorRemoved.subject',
    parts: [say('mail.helloName'), say('mail.secondFactorRemoved.removed', 'portalUrl')],
  },
} as const satisfies Record<string, Layout>;

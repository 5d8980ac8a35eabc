import { SendRawEmailCommand, SESClient, SESServiceException } from '@aws-sdk/client-ses';

/** SES replaces our Message-ID by its own, which clients see and reply to. */
export function sesMessageId(id: string, region: string): string {
  return `<${id}@${region === 'us-east-1' ? 'email' : region}.amazonses.com>`;
}

const permanentErrors = new Set(['MessageRejected', 'InvalidParameterValue', 'InvalidRenderingParameter']);

/** Sends raw mail through SES: `sent`, `later` for a retry, or `refused` for good. */
export function sesMailer(region: string, configurationSet: string) {
  const ses = new SESClient({});
  return async (mail: { raw: Buffer; source: string; destinations: string[] }) => {
    try {
      const sent = await ses.send(
        new SendRawEmailCommand({
          Source: mail.source,
          Destinations: mail.destinations,
          RawMessage: { Data: mail.raw },
          ConfigurationSetName: configurationSet,
        }),
      );
      return { kind: 'sent' as const, messageId: sesMessageId(sent.MessageId ?? '', region) };
    } catch (error) {
      if (!(error instanceof SESServiceException)) throw error;
      if (permanentErrors.has(error.name))
        return { kind: 'refused' as const, reason: `${error.name}: ${error.message}` };
      return { kind: 'later' as const };
    }
  };
}

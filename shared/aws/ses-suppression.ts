import { GetSendQuotaCommand, SESClient } from '@aws-sdk/client-ses';

/** The parts of a request that its command left open. */
interface OpenRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: unknown;
}

const isRequest = (value: unknown): value is OpenRequest =>
  typeof value === 'object' && value !== null && 'method' in value && 'headers' in value;

/**
 * Takes an address off SES's own suppression list (`DeleteSuppressedDestination` of its second API); one that is not
 * on it is done. Both APIs have one host and one signing name, so the client of the first one finds the host, signs and
 * retries: what it sends is replaced, and what comes back is read here.
 */
export function suppressionList(ses = new SESClient({})): (address: string) => Promise<void> {
  return async (address) => {
    const command = new GetSendQuotaCommand({});
    command.middlewareStack.add(
      (next) => (args) => {
        const { request } = args;
        if (!isRequest(request)) throw new Error('SES is called by HTTP');
        request.method = 'DELETE';
        request.path = `/v2/email/suppression/addresses/${encodedSegment(address)}`;
        delete request.headers['content-type'];
        request.body = undefined;
        return next(args);
      },
      { step: 'build', priority: 'high', name: 'deleteSuppressedDestination' },
    );
    command.middlewareStack.add(
      () => async (args) => {
        const { response } = await ses.config.requestHandler.handle(args.request as never);
        const { statusCode } = response;
        if (statusCode !== 200 && statusCode !== 404) throw refusal(statusCode);
        const output = { $metadata: { httpStatusCode: statusCode } };
        return { response, output };
      },
      { step: 'deserialize', priority: 'high', name: 'readSuppressionAnswer' },
    );
    await ses.send(command);
  };
}

/** As SDKs name what they may try again. */
function refusal(statusCode: number): Error {
  const isThrottled = statusCode === 429;
  return Object.assign(new Error(`SES answered ${statusCode}`), {
    $metadata: { httpStatusCode: statusCode },
    ...(isThrottled || statusCode >= 500 ? { $retryable: { throttling: isThrottled } } : {}),
  });
}

/** Every character but the unreserved ones is encoded, as signatures of AWS want it. */
function encodedSegment(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

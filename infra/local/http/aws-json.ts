import { region } from '../template/physical.ts';

/** An error of AWS's JSON protocols; `name` is its type without the service's prefix. */
export class AwsJsonError extends Error {}

export interface AwsJsonCall {
  url: string;
  /** `AmazonSQS.ReceiveMessage`, `DynamoDB_20120810.CreateTable`. */
  target: string;
  input: object;
  signal?: AbortSignal;
}

/**
 * Calls a part of the local cloud in AWS's JSON protocol. The SDK's clients could do so too, but loading
 * them takes longer than everything else at the start of this process.
 */
export async function awsJson<Output>({ url, target, input, signal }: AwsJsonCall): Promise<Output> {
  const service = target.startsWith('DynamoDB') ? 'dynamodb' : 'sqs';
  const scope = `20260101/${region}/${service}/aws4_request`;
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': target,
      'x-amz-date': '20260101T000000Z',
      // The servers read the region from the scope and do not check the signature.
      authorization: `AWS4-HMAC-SHA256 Credential=local/${scope}, SignedHeaders=host, Signature=local`,
    },
    body: JSON.stringify(input),
    ...(signal && { signal }),
  });
  const text = await response.text();
  if (response.ok) return (text === '' ? {} : JSON.parse(text)) as Output;
  const { __type = '', message = text } = parseError(text);
  const error = new AwsJsonError(message);
  error.name = __type.split('#').at(-1) || `Http${response.status}`;
  throw error;
}

function parseError(text: string): { __type?: string; message?: string } {
  try {
    return JSON.parse(text) as { __type?: string; message?: string };
  } catch {
    return {};
  }
}

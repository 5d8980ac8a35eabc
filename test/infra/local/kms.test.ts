import { KMS } from '@aws-crypto/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeEncrypter } from '../../../infra/local/cognito/triggers/encrypt-code.ts';
import type { LocalServer } from '../../../infra/local/http/server.ts';
import { startKms } from '../../../infra/local/kms.ts';
import { codeReader } from '../../../shared/aws/code-reader.ts';
import { portalStack, temporaryDir } from './template/cdk-out.ts';

const templates = portalStack({ Codes: { Type: 'AWS::KMS::Key' }, Other: { Type: 'AWS::KMS::Key' } });
const arnOf = (id: string): string => templates.find(id)!.att('Arn');
const client = { region: 'eu-west-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
const dataDir = temporaryDir();
let server: LocalServer;

beforeAll(async () => {
  server = await startKms({ templates, dataDir });
});
afterAll(async () => {
  await server.close();
});

const encrypt = (id = 'Codes') => codeEncrypter({ arn: arnOf(id), kmsUrl: server.url, ...client });

const reader = (endpoint = server.url) =>
  codeReader(arnOf('Codes'), { endpoint, credentials: client.credentials });

describe('a code that the pool hands over', () => {
  test('is read again by what reads Cognito’s, and is not to be seen in between', async () => {
    const encrypted = await encrypt()('123456');
    expect(Buffer.from(encrypted, 'base64').toString('latin1')).not.toContain('123456');
    expect(await encrypt()('123456')).not.toBe(encrypted);
    expect(await reader()(encrypted)).toBe('123456');
  });

  test('is read with the key of the codes alone, and only as it was', async () => {
    const encrypted = await encrypt('Other')('123456');
    await expect(reader()(encrypted)).rejects.toThrow();
    const bytes = Buffer.from(await encrypt()('123456'), 'base64');
    bytes[bytes.length - 150]! ^= 1;
    await expect(reader()(bytes.toString('base64'))).rejects.toThrow();
  });

  test('is read by the next run, where the data is kept', async () => {
    const encrypted = await encrypt()('123456');
    const next = await startKms({ templates, dataDir });
    expect(await reader(next.url)(encrypted)).toBe('123456');
    await next.close();
  });
});

describe('the keys', () => {
  const kms = (): KMS => new KMS({ ...client, endpoint: server.url, maxAttempts: 1 });

  test('open what was closed under the same context, and under no other', async () => {
    const KeyId = arnOf('Codes');
    const made = await kms().generateDataKey({
      KeyId,
      NumberOfBytes: 32,
      EncryptionContext: { a: '1', b: '2' },
    });
    const { CiphertextBlob } = made;
    const opened = await kms().decrypt({ CiphertextBlob, EncryptionContext: { b: '2', a: '1' } });
    expect(opened.Plaintext).toEqual(made.Plaintext);
    const wrong = kms().decrypt({ CiphertextBlob, EncryptionContext: { a: '2', b: '2' } });
    await expect(wrong).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
    const other = kms().decrypt({ KeyId: arnOf('Other'), CiphertextBlob, EncryptionContext: {} });
    await expect(other).rejects.toMatchObject({ name: 'IncorrectKeyException' });
  });

  test('are those of the templates, and do nothing else', async () => {
    const unknown = kms().generateDataKey({
      KeyId: 'arn:aws:kms:eu-west-1:000000000000:key/x',
      KeySpec: 'AES_256',
    });
    await expect(unknown).rejects.toMatchObject({ name: 'NotFoundException' });
    await expect(kms().listKeys({})).rejects.toMatchObject({ name: 'UnknownOperationException' });
    const garbage = kms().decrypt({ CiphertextBlob: Buffer.from('garbage') });
    await expect(garbage).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
  });
});

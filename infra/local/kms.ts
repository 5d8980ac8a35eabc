import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { discardRest } from './http/discard-rest.ts';
import type { Origins } from './http/origins.ts';
import { answerJson, type LocalServer, readBody, startServer } from './http/server.ts';
import { JsonFile } from './json-file.ts';
import type { Templates } from './template/templates.ts';

export interface KmsOptions {
  templates: Templates;
  /** Where the keys are kept between runs; without it every run makes new ones. */
  dataDir?: string;
  port?: number;
  origins?: Origins | undefined;
}

interface Input {
  KeyId?: string;
  NumberOfBytes?: number;
  /** Base64. */
  CiphertextBlob?: string;
  EncryptionContext?: Record<string, string>;
}

/** The material of each key, by its ARN. */
type Keys = ReadonlyMap<string, Buffer>;

class KmsError extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

const nonceBytes = 12;
const tagBytes = 16;

async function readKeys({ templates, dataDir }: KmsOptions): Promise<Keys> {
  const file = dataDir === undefined ? null : new JsonFile(join(dataDir, 'kms.json'));
  const kept = (file?.load() ?? {}) as Record<string, string>;
  const arns = templates.ofType('AWS::KMS::Key').map((key) => key.att('Arn'));
  const keys = new Map(
    arns.map((arn) => [arn, Buffer.from(kept[arn] ?? randomBytes(32).toString('base64'), 'base64')]),
  );
  const saved = Object.fromEntries([...keys].map(([arn, material]) => [arn, material.toString('base64')]));
  await file?.save(() => ({ ...kept, ...saved }));
  return keys;
}

/** The context in one form, whatever the order of its names. */
const boundTo = (context: Record<string, string> = {}): Buffer =>
  Buffer.from(JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))));

function material(keys: Keys, arn: string): Buffer {
  const found = keys.get(arn);
  if (!found) throw new KmsError('NotFoundException', `Key '${arn}' does not exist`);
  return found;
}

function generateDataKey(keys: Keys, { KeyId = '', NumberOfBytes = 32, EncryptionContext }: Input): object {
  const plaintext = randomBytes(NumberOfBytes);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', material(keys, KeyId), nonce).setAAD(
    boundTo(EncryptionContext),
  );
  const sealed = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  const blob = Buffer.from(JSON.stringify({ arn: KeyId, sealed: sealed.toString('base64') }));
  return {
    KeyId,
    Plaintext: plaintext.toString('base64'),
    CiphertextBlob: blob.toString('base64'),
  };
}

/** Like KMS, it finds the key in the ciphertext; a key that the caller names has to be that one. */
function decrypt(keys: Keys, { KeyId, CiphertextBlob = '', EncryptionContext }: Input): object {
  const { arn, sealed } = opened(CiphertextBlob);
  if (KeyId !== undefined && KeyId !== arn) {
    throw new KmsError('IncorrectKeyException', 'The key ID in the request does not identify this key.');
  }
  const key = material(keys, arn);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes))
      .setAAD(boundTo(EncryptionContext))
      .setAuthTag(sealed.subarray(-tagBytes));
    const plaintext = Buffer.concat([
      decipher.update(sealed.subarray(nonceBytes, -tagBytes)),
      decipher.final(),
    ]);
    return { KeyId: arn, Plaintext: plaintext.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
  } catch {
    throw new KmsError('InvalidCiphertextException', 'The ciphertext does not fit.');
  }
}

function opened(blob: string): { arn: string; sealed: Buffer } {
  try {
    const { arn, sealed } = JSON.parse(Buffer.from(blob, 'base64').toString()) as Record<string, string>;
    return { arn: String(arn), sealed: Buffer.from(String(sealed), 'base64') };
  } catch {
    throw new KmsError('InvalidCiphertextException', 'The ciphertext does not fit.');
  }
}

const operations: Record<string, (keys: Keys, input: Input) => object> = {
  'TrentService.GenerateDataKey': generateDataKey,
  'TrentService.Decrypt': decrypt,
};

/** The keys of the templates on 127.0.0.1: the two calls of KMS that envelope encryption makes. */
export async function startKms(options: KmsOptions): Promise<LocalServer> {
  const keys = await readKeys(options);
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = (await readBody(request, 100_000)) ?? Buffer.from('{}');
    const operation = operations[String(request.headers['x-amz-target'])];
    try {
      if (!operation) throw new KmsError('UnknownOperationException', 'This operation is not known here.');
      const output = operation(keys, JSON.parse(body.toString()) as Input);
      answerJson(response, 200, output, { 'content-type': 'application/x-amz-json-1.1' });
    } catch (error) {
      const { type, message } =
        error instanceof KmsError ? error : new KmsError('InvalidRequestException', 'No request.');
      answerJson(response, 400, { __type: type, message }, { 'content-type': 'application/x-amz-json-1.1' });
    }
  };
  const listener: RequestListener = (request, response) => {
    void serve(request, response).finally(() => discardRest(request));
  };
  return startServer(listener, { port: options.port, origins: options.origins });
}

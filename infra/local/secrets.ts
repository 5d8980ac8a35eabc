import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { discardRest } from './http/discard-rest.ts';
import type { Origins } from './http/origins.ts';
import { answerJson, type LocalServer, readBody, startServer } from './http/server.ts';
import type { Resource, Templates } from './template/templates.ts';

export interface Secret {
  arn: string;
  name: string;
  value: string;
}

export interface SecretsOptions {
  templates: Templates;
  /** Where generated secrets are kept between runs; without it every run makes new ones. */
  dataDir?: string;
  port?: number;
  origins?: Origins | undefined;
}

interface GenerateSecretString {
  PasswordLength?: number;
  ExcludeCharacters?: string;
  ExcludeLowercase?: boolean;
  ExcludeUppercase?: boolean;
  ExcludeNumbers?: boolean;
  ExcludePunctuation?: boolean;
  IncludeSpace?: boolean;
  SecretStringTemplate?: string;
  GenerateStringKey?: string;
}

function randomString(rules: GenerateSecretString): string {
  const alphabet = [
    rules.ExcludeLowercase ? '' : 'abcdefghijklmnopqrstuvwxyz',
    rules.ExcludeUppercase ? '' : 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    rules.ExcludeNumbers ? '' : '0123456789',
    rules.ExcludePunctuation ? '' : '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
    rules.IncludeSpace ? ' ' : '',
  ];
  const allowed = Array.from(alphabet.join('')).filter(
    (character) => !rules.ExcludeCharacters?.includes(character),
  );
  return Array.from({ length: rules.PasswordLength ?? 32 }, () => allowed[randomInt(allowed.length)]).join(
    '',
  );
}

function generate(rules: GenerateSecretString): string {
  const generated = randomString(rules);
  if (!rules.GenerateStringKey) return generated;
  const template = JSON.parse(rules.SecretStringTemplate ?? '{}') as object;
  return JSON.stringify({ ...template, [rules.GenerateStringKey]: generated });
}

function nameOf(resource: Resource): string {
  return resource.ref.replace(/^.*:secret:/, '').replace(/-[^-]{6}$/, '');
}

/** The secrets of the templates with their values: given, saved by an earlier run, or generated now. */
export function readSecrets({ templates, dataDir }: SecretsOptions): Secret[] {
  const file = dataDir && join(dataDir, 'secrets.json');
  const kept = (file && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}) as Record<
    string,
    string
  >;
  const secrets = templates.ofType('AWS::SecretsManager::Secret').map((resource) => {
    const name = nameOf(resource);
    const given = resource.property('SecretString');
    const rules = resource.property('GenerateSecretString') as GenerateSecretString | undefined;
    const value = typeof given === 'string' ? given : (kept[name] ?? generate(rules ?? {}));
    return { arn: resource.ref, name, value };
  });
  if (file) {
    mkdirSync(dataDir, { recursive: true });
    const values = Object.fromEntries(secrets.map(({ name, value }) => [name, value]));
    writeFileSync(file, JSON.stringify({ ...kept, ...values }), { mode: 0o600 });
  }
  return secrets;
}

function find(secrets: readonly Secret[], id: unknown): Secret | undefined {
  return secrets.find(({ arn, name }) => id === arn || id === name || id === arn.slice(0, -7));
}

/**
 * A text with the dynamic references to secrets replaced, as CloudFormation does when it deploys.
 * @throws Error when a reference leads to no secret
 */
export function withSecretValues(text: string, secrets: readonly Secret[]): string {
  return text.replaceAll(
    /\{\{resolve:secretsmanager:([^}]+):SecretString:([^:}]*)[^}]*\}\}/g,
    (reference, id: string, jsonKey: string) => {
      const secret = find(secrets, id);
      if (!secret) throw new Error(`No secret is behind ${reference}`);
      return jsonKey === ''
        ? secret.value
        : String((JSON.parse(secret.value) as Record<string, unknown>)[jsonKey]);
    },
  );
}

interface SecretsAnswer {
  status: number;
  body: object;
}

function answer(secrets: Secret[], target: unknown, input: Buffer): SecretsAnswer {
  if (target !== 'secretsmanager.GetSecretValue') {
    return { status: 400, body: { __type: 'UnknownOperationException' } };
  }
  const { SecretId } = JSON.parse(input.toString()) as { SecretId?: unknown };
  const secret = find(secrets, SecretId);
  if (!secret) {
    const message = "Secrets Manager can't find the specified secret.";
    return { status: 400, body: { __type: 'ResourceNotFoundException', Message: message, message } };
  }
  const { arn, name, value } = secret;
  return {
    status: 200,
    body: {
      ARN: arn,
      Name: name,
      SecretString: value,
      VersionId: '00000000-0000-0000-0000-000000000000',
      VersionStages: ['AWSCURRENT'],
    },
  };
}

/** Serves the secrets of the templates on 127.0.0.1: Secrets Manager's GetSecretValue and nothing else. */
export async function startSecrets(options: SecretsOptions): Promise<LocalServer & { secrets: Secret[] }> {
  const secrets = readSecrets(options);
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = (await readBody(request, 100_000)) ?? Buffer.from('{}');
    const { status, body: output } = answer(secrets, request.headers['x-amz-target'], body);
    answerJson(response, status, output, { 'content-type': 'application/x-amz-json-1.1' });
  };
  const listener: RequestListener = (request, response) => {
    serve(request, response)
      .catch(() => answerJson(response, 400, { __type: 'InvalidRequestException' }))
      .finally(() => discardRest(request));
  };
  const { port, origins } = options;
  const server = await startServer(listener, { port, origins });
  return { ...server, secrets };
}

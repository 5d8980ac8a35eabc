import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { adminOperations } from './admin.ts';
import type { Context, Operations, Pool } from './context.ts';
import { Attempts } from './passwords.ts';
import { CognitoError, type Input } from './protocol.ts';
import { softwareTokenOperations } from './second-factor/software-token.ts';
import { selfOperations } from './self.ts';
import { Challenges } from './sign-in/challenges.ts';
import { signInOperations } from './sign-in/operations.ts';
import { recoveryOperations } from './sign-in/recovery.ts';
import { refreshOperations } from './sign-in/refresh.ts';
import { PoolState } from './state.ts';
import { Tokens } from './tokens.ts';
import { Triggers } from './triggers/triggers.ts';
import { Turns } from './triggers/turns.ts';
import { guard } from '../http/guard.ts';
import type { Origins } from '../http/origins.ts';
import { report } from '../report.ts';

export interface CognitoOptions extends Pool {
  region: string;
  /** Where users, sessions and the signing key are kept; without it they live as long as the process. */
  dir?: string;
  port?: number;
  origins?: Origins | undefined;
}

export interface Cognito {
  url: string;
  close: () => Promise<void>;
}

const OPERATIONS: ReadonlyMap<string, Operations[string]> = new Map(
  Object.entries({
    ...adminOperations,
    ...signInOperations,
    ...refreshOperations,
    ...recoveryOperations,
    ...selfOperations,
    ...softwareTokenOperations,
  }),
);
const TARGET = 'AWSCognitoIdentityProviderService.';
const BODY_LIMIT = 1024 * 1024;

function parse(body: unknown): Input {
  try {
    const input: unknown = JSON.parse(Buffer.isBuffer(body) ? body.toString('utf8') : '');
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Input;
  } catch {
    // Falls through: broken JSON and JSON that is no object get the same answer.
  }
  throw new CognitoError('SerializationException', 'Start of structure or map found where not expected.');
}

async function openContext(options: CognitoOptions, turns: Turns): Promise<Context> {
  const { region, dir, port: _port, triggers, invoke, encrypt, ...pool } = options;
  const { controls, userPoolId, clientId, tokenLife: life } = pool;
  const iss = `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`;
  const path = (name: string): string | null => (dir === undefined ? null : join(dir, name));
  return {
    ...pool,
    state: new PoolState(path('cognito.json')),
    tokens: await Tokens.open({ controls, iss, clientId, life }, path('cognito-key.json')),
    attempts: new Attempts(),
    challenges: new Challenges(),
    triggers: new Triggers({ userPoolId, clientId, triggers, invoke, encrypt }, turns),
  };
}

/** Answers an error in AWS's JSON protocol. An unexpected one is logged and answered as a bare 500. */
function refuse(reply: FastifyReply, error: unknown): FastifyReply {
  const known = error instanceof CognitoError;
  if (!known) report('cognito', error);
  const type = known ? error.type : 'InternalErrorException';
  const message = known ? error.message : 'Internal server error.';
  return reply
    .code(known ? 400 : 500)
    .header('x-amzn-errortype', `${type}:`)
    .header('x-amzn-errormessage', message.replaceAll(/[^\x20-\x7e]/g, '?'))
    .send(JSON.stringify({ __type: type, message }));
}

/** A Cognito user pool with one client: the part of the service that a backend uses to let people sign in. */
export async function startCognito(options: CognitoOptions): Promise<Cognito> {
  const turns = new Turns();
  const context = await openContext(options, turns);
  const app = Fastify({ bodyLimit: BODY_LIMIT, forceCloseConnections: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  app.post('/', async (request: FastifyRequest, reply) => {
    void reply.type('application/x-amz-json-1.1').header('x-amzn-requestid', randomUUID());
    const target = String(request.headers['x-amz-target'] ?? '');
    const operation = target.startsWith(TARGET) ? OPERATIONS.get(target.slice(TARGET.length)) : undefined;
    try {
      if (!operation) throw new CognitoError('UnknownOperationException', 'Unknown operation.');
      const input = parse(request.body);
      let answer: object;
      try {
        answer = await turns.run(() => operation(context, input));
      } finally {
        // Saved after a refusal too, because a failed try of a code counts.
        await context.state.save();
      }
      return reply.send(JSON.stringify(answer));
    } catch (error) {
      return refuse(reply, error);
    }
  });

  app.get(`/${options.userPoolId}/.well-known/jwks.json`, () => context.tokens.jwks());

  guard(app.server, { origins: options.origins, cors: true });
  const url = await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  const close = async (): Promise<void> => {
    await app.close();
    await context.state.save();
  };
  return { url, close };
}

import { createHash, randomUUID } from 'node:crypto';
import {
  type CryptoKey,
  errors,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  jwtVerify,
  SignJWT,
} from 'jose';
import type { Controls } from '../controls.ts';
import { JsonFile } from '../json-file.ts';
import { notAuthorized } from './protocol.ts';
import type { Session, User } from './state.ts';
import { changedClaims, changedScope, type ClaimChanges } from './triggers/claims.ts';

/** How long tokens are good for, in seconds. */
export interface TokenLife {
  access: number;
  id: number;
}

/** Cognito's, where a client says nothing. */
export const usualLife: TokenLife = { access: 3600, id: 3600 };

interface TokenOptions {
  controls: Controls;
  iss: string;
  clientId: string;
  life?: TokenLife | undefined;
}

interface SavedKey {
  kid: string;
  privateKey: JWK;
}

async function newKey(): Promise<SavedKey> {
  const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = createHash('sha256')
    .update(jwk.n ?? '')
    .digest('base64');
  return { kid, privateKey: jwk };
}

/** Issues and verifies the pool's tokens. With a file, the key and so the tokens outlive the process. */
export class Tokens {
  readonly #controls: Controls;
  readonly #iss: string;
  readonly #clientId: string;
  readonly life: TokenLife;
  readonly #kid: string;
  readonly #privateKey: CryptoKey;
  readonly #publicKey: CryptoKey;
  readonly #publicJwk: JWK;

  private constructor(
    options: TokenOptions,
    key: { kid: string; privateKey: CryptoKey; publicKey: CryptoKey; publicJwk: JWK },
  ) {
    this.#controls = options.controls;
    this.#iss = options.iss;
    this.#clientId = options.clientId;
    this.life = options.life ?? usualLife;
    this.#kid = key.kid;
    this.#privateKey = key.privateKey;
    this.#publicKey = key.publicKey;
    this.#publicJwk = key.publicJwk;
  }

  static async open(options: TokenOptions, path: string | null): Promise<Tokens> {
    const file = path === null ? null : new JsonFile(path);
    let saved = (file?.load() ?? null) as SavedKey | null;
    if (!saved) {
      const made = await newKey();
      await file?.save(() => made);
      saved = made;
    }
    const { kid, privateKey } = saved;
    const publicJwk: JWK = { alg: 'RS256', e: privateKey.e, kid, kty: 'RSA', n: privateKey.n, use: 'sig' };
    return new Tokens(options, {
      kid,
      privateKey: (await importJWK(privateKey, 'RS256')) as CryptoKey,
      publicKey: (await importJWK(publicJwk, 'RS256')) as CryptoKey,
      publicJwk,
    });
  }

  jwks(): { keys: JWK[] } {
    return { keys: [this.#publicJwk] };
  }

  /** One access and one ID token of a session, of the same event and the same moment. */
  async make(
    user: User,
    session: Session,
    changes: ClaimChanges = {},
  ): Promise<{ AccessToken: string; IdToken: string }> {
    const iat = Math.floor(this.#controls.now().getTime() / 1000);
    const { accessTokenGeneration: forAccess, idTokenGeneration: forId, groupOverrideDetails } = changes;
    const held = groupOverrideDetails?.groupsToOverride ?? user.groups;
    const groups = held.length > 0 ? { 'cognito:groups': held } : {};
    const shared = {
      sub: user.sub,
      ...groups,
      iss: this.#iss,
      origin_jti: session.originJti,
      event_id: randomUUID(),
      auth_time: session.authTime,
      iat,
    };
    const access = {
      ...shared,
      exp: iat + this.life.access,
      client_id: this.#clientId,
      token_use: 'access',
      scope: changedScope(['aws.cognito.signin.user.admin'], forAccess),
      jti: randomUUID(),
      username: user.username,
    };
    const id = {
      ...this.#profile(user),
      ...shared,
      exp: iat + this.life.id,
      'cognito:username': user.username,
      aud: this.#clientId,
      token_use: 'id',
      jti: randomUUID(),
    };
    const [AccessToken, IdToken] = await Promise.all([
      this.#sign(changedClaims(access, forAccess)),
      this.#sign(changedClaims(id, forId)),
    ]);
    return { AccessToken, IdToken };
  }

  /** The user and session of an access token. Throws as Cognito does for one that is forged, foreign or expired. */
  async readAccess(token: string): Promise<{ sub: string; originJti: string }> {
    try {
      const { payload } = await jwtVerify(token, this.#publicKey, {
        algorithms: ['RS256'],
        currentDate: this.#controls.now(),
      });
      const { iss, token_use: use, client_id: client } = payload;
      if (iss !== this.#iss || use !== 'access' || client !== this.#clientId) {
        throw notAuthorized('Invalid Access Token');
      }
      return { sub: String(payload.sub), originJti: String(payload.origin_jti) };
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw notAuthorized('Access Token has expired');
      throw notAuthorized('Invalid Access Token');
    }
  }

  /** The attributes as claims; Cognito turns the verified flags into booleans there. */
  #profile(user: User): Record<string, string | boolean> {
    return Object.fromEntries(
      Object.entries(user.attributes).map(([name, value]) => [
        name,
        name.endsWith('_verified') ? value === 'true' : value,
      ]),
    );
  }

  #sign(claims: Record<string, unknown>): Promise<string> {
    return new SignJWT(claims).setProtectedHeader({ kid: this.#kid, alg: 'RS256' }).sign(this.#privateKey);
  }
}

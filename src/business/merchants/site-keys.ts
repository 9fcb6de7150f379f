// The keys of a site: made and sealed into their row; the API key, by which a site is found. They are opened in
// site-secrets.ts.

import { createHash, createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import type { Context } from '../../ground/context.ts';
import { createRowCache, type Tx } from '../../ground/database/index.ts';
import {
  exportPrivateKey,
  exportPublicKey,
  fingerprintKey,
  generateSiteKeyPair,
} from '../../ground/protocols/keys/index.ts';
import type { Environment } from '../../ground/terms.ts';
import { findKeyByHash, findSite, insertSiteKey, recallSite, type SiteKeyRow } from './merchant-queries.ts';
import type { MerchantSite, SiteCredentials, SiteKeyKind } from './site.ts';

export type Keys = Pick<Context, 'db' | 'clock' | 'keyRing'>;

/** A key that is ready to be stored, and what of it the merchant is told (once, where it is secret). */
export type PreparedKey = {
  kind: SiteKeyKind;
  publicText: string | null;
  secret: Buffer | null;
  secretHash: Buffer | null;
  told: Partial<SiteCredentials>;
};

/** Makes a key of this kind, or takes the one the merchant brings (a v1 secret, or a checked v2 public key). */
export async function prepareKey(
  kind: SiteKeyKind,
  environment: Environment,
  brought: { secret?: string | undefined; merchantPublicKey?: KeyObject | undefined } = {},
): Promise<PreparedKey> {
  switch (kind) {
    case 'v1_secret': {
      const secret = brought.secret ?? randomBytes(32).toString('base64url');
      return { kind, publicText: null, secret: Buffer.from(secret), secretHash: null, told: { secret } };
    }
    case 'v2_gateway_key': {
      const { publicKey, privateKey } = await generateSiteKeyPair();
      const secret = Buffer.from(exportPrivateKey(privateKey, 'pem'));
      return {
        kind,
        publicText: toPem(publicKey),
        secret,
        secretHash: null,
        told: tellGatewayKey(publicKey),
      };
    }
    case 'v2_merchant_key': {
      const pair = brought.merchantPublicKey ? null : await generateSiteKeyPair();
      const publicKey = brought.merchantPublicKey ?? (pair as { publicKey: KeyObject }).publicKey;
      const told = {
        ...tellMerchantKey(publicKey),
        ...(pair ? tellMerchantPrivateKey(pair.privateKey) : {}),
      };
      return { kind, publicText: toPem(publicKey), secret: null, secretHash: null, told };
    }
    case 'rest_api_key': {
      // The key has 256 random bits. Nobody can find it from a plain hash, and the hash finds its row by
      // index.
      const apiKey = `sk_${environment}_${randomBytes(32).toString('base64url')}`;
      return {
        kind,
        publicText: null,
        secret: null,
        secretHash: hashApiKey(apiKey),
        told: { api_key: apiKey },
      };
    }
    case 'webhook_secret': {
      const secret = `whsec_${randomBytes(32).toString('base64')}`;
      return {
        kind,
        publicText: null,
        secret: Buffer.from(secret),
        secretHash: null,
        told: { webhook_secret: secret },
      };
    }
  }
}

/** Writes a prepared key into its row, its secret part sealed for that row. */
export async function storeKey(
  tx: Tx,
  keyRing: Context['keyRing'],
  key: PreparedKey,
  site: { merchantSite: string; environment: Environment; now: Date },
): Promise<void> {
  const id = uuidv7();
  await insertSiteKey(tx, {
    id,
    merchantSite: site.merchantSite,
    environment: site.environment,
    kind: key.kind,
    publicText: key.publicText,
    secretSealed: key.secret === null ? null : keyRing.seal(key.secret, `site_keys/${id}`),
    secretHash: key.secretHash,
    createdAt: site.now,
  });
}

/** The site that this API key (`sk_sandbox_…`, `sk_live_…`) is valid for; suspended sites too, the caller decides. */
export async function findSiteByApiKey(context: Keys, apiKey: string): Promise<KeyHolder | null> {
  const environment = readEnvironment(apiKey);
  if (environment === null) return null;
  const row = await findKeyByHash(context.db, hashApiKey(apiKey));
  if (!row || !isGoodFor(row, environment, context.clock.now())) return null;
  const site = await findSite(context.db, row.merchantSite);
  return site && { site, keyId: row.id };
}

const apiKeys = createRowCache<SiteKeyRow | null>({
  tables: ['site_keys'],
  load: (db, hash) => findKeyByHash(db, Buffer.from(hash, 'base64')),
  isKept: (row) => row !== null,
});

/**
 * The same from memory: the key and the site as they were at most ten seconds ago. Only for a caller whose
 * writing statement checks both again (insertingOrder takes the key's id).
 */
export async function recallSiteByApiKey(context: Keys, apiKey: string): Promise<KeyHolder | null> {
  const environment = readEnvironment(apiKey);
  if (environment === null) return null;
  const row = await apiKeys.get(context.db, hashApiKey(apiKey).toString('base64'));
  if (!row || !isGoodFor(row, environment, context.clock.now())) return null;
  const site = await recallSite(context, row.merchantSite);
  return site && { site, keyId: row.id };
}

/** A site, and the id of the key that it was found by. */
export type KeyHolder = { site: MerchantSite; keyId: string };

function readEnvironment(apiKey: string): string | null {
  return /^sk_(sandbox|live)_[A-Za-z0-9_-]{43}$/.exec(apiKey)?.[1] ?? null;
}

function isGoodFor(row: SiteKeyRow, environment: string, now: Date): boolean {
  return (
    row.kind === 'rest_api_key' &&
    row.environment === environment &&
    row.status !== 'revoked' &&
    (row.expiresAt === null || row.expiresAt > now)
  );
}

export function tellGatewayKey(publicKey: KeyObject): Partial<SiteCredentials> {
  return {
    gateway_public_key_xml: exportPublicKey(publicKey, 'xml'),
    gateway_public_key_pem: toPem(publicKey),
    gateway_public_key_fingerprint: fingerprintKey(publicKey),
  };
}

export function tellMerchantKey(publicKey: KeyObject): Partial<SiteCredentials> {
  return {
    merchant_public_key_xml: exportPublicKey(publicKey, 'xml'),
    merchant_public_key_pem: toPem(publicKey),
    merchant_public_key_fingerprint: fingerprintKey(publicKey),
  };
}

/** The public key of a v2 row. */
export function toPublicKey(row: SiteKeyRow): KeyObject {
  if (row.publicText === null) throw new Error(`site key ${row.id} has no public text`);
  return createPublicKey(row.publicText);
}

function tellMerchantPrivateKey(privateKey: KeyObject): Partial<SiteCredentials> {
  return {
    merchant_private_key_xml: exportPrivateKey(privateKey, 'xml'),
    merchant_private_key_pem: exportPrivateKey(privateKey, 'pem'),
  };
}

function hashApiKey(apiKey: string): Buffer {
  return createHash('sha256').update(apiKey).digest();
}

function toPem(publicKey: KeyObject): string {
  return exportPublicKey(publicKey, 'pem');
}

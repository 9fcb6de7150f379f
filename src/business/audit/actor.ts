// Who acts. Every changing use case of administration takes an actor as `by`. Pure.

export type Actor =
  /** Somebody who signed in to portal or console: their id, and the session they came with (null: none, as for a link). */
  | { kind: 'person'; personId: string; sessionId: string | null }
  /** A merchant's machine: the site it speaks for, and the key it proved that with. */
  | { kind: 'site_key'; merchantSite: string; keyId: string | null }
  /** Whoever signed in at a checkout: the checkout's session, which names order and wallet. */
  | { kind: 'buyer'; sessionId: string }
  /** Somebody with a shell on the gateway's machine: the name that the machine knows them by. */
  | { kind: 'command_line'; systemUser: string }
  /** The gateway itself: a job that came by the clock, or a step of the start. */
  | { kind: 'job'; job: string };

export type ActorKind = Actor['kind'];

export const actorKinds = [
  'person',
  'site_key',
  'buyer',
  'command_line',
  'job',
] as const satisfies ActorKind[];

/** An actor as the log keeps it: `id` is who, `via` how they proved it. */
export type StoredActor = { kind: ActorKind; id: string; via: string | null };

export function storeActor(by: Actor): StoredActor {
  switch (by.kind) {
    case 'person':
      return { kind: by.kind, id: by.personId, via: by.sessionId };
    case 'site_key':
      return { kind: by.kind, id: by.merchantSite, via: by.keyId };
    case 'buyer':
      return { kind: by.kind, id: by.sessionId, via: null };
    case 'command_line':
      return { kind: by.kind, id: by.systemUser, via: null };
    case 'job':
      return { kind: by.kind, id: by.job, via: null };
  }
}

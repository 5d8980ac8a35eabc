/** How a domain lets receivers see that mail is its own. */
interface Domain {
  hasDmarc: boolean;
  signs: boolean;
}

/** Somebody with a mailbox that they alone read. */
export interface Sender extends Domain {
  address: string;
  /** `robot`: a responder without a sign of being one; it answers whatever reaches it. */
  kind: 'person' | 'stranger' | 'robot';
}

const sender = (address: string, kind: Sender['kind'], hasDmarc: boolean, signs: boolean): Sender => ({
  address,
  kind,
  hasDmarc,
  signs,
});

export const jane = sender('jane@acme.test', 'person', true, true);
export const sue = sender('sue@acme.test', 'person', true, true);
export const bob = sender('bob@acme.test', 'person', true, true);
/** A mailbox at a provider for everybody. */
export const gil = sender('gil@fastmail.com', 'person', false, true);
/** Nothing but SPF shows mail of Globex. */
export const max = sender('max@globex.test', 'person', false, false);
export const pia = sender('pia@globex.test', 'person', false, false);
export const zed = sender('zed@globex.test', 'person', false, false);
/** A domain beside those of others, under one that they share. */
export const tom = sender('tom@tom.github.io', 'person', false, false);
/** A client that means no good: writes as others, and records others as its own people. */
export const mallory = sender('mallory@evil.test', 'person', true, true);
export const sam = sender('sam@nowhere.test', 'stranger', true, true);
export const gus = sender('gus@guest.test', 'stranger', false, true);
/** Answers at once, in ever other words. */
export const hasty = sender('out@hasty.test', 'robot', false, true);
/** Takes its time, and always says the same. */
export const steady = sender('away@steady.test', 'robot', true, true);

export const everybody: readonly Sender[] = [
  jane,
  sue,
  bob,
  gil,
  max,
  pia,
  zed,
  tom,
  mallory,
  sam,
  gus,
  hasty,
  steady,
];
const byAddress = new Map(everybody.map((each) => [each.address, each]));

export const senderAt = (address: string): Sender | undefined => byAddress.get(address);
/** Those who write by themselves. */
export const writers = everybody.filter(({ kind }) => kind === 'person');
export const strangers = [sam, gus];
export const robots = [hasty, steady];

/** Mailboxes that somebody may put in copy; those of one line are one mailbox under several spellings. */
const friends: readonly (readonly string[])[] = [
  ['ann.lee@gmail.com', 'annlee+portal@gmail.com'],
  ['fred@friends.test', 'fred+tickets@friends.test'],
  ...['hal', 'ida', 'joe', 'kay', 'lea', 'moe', 'ned'].map((name) => [`${name}@friends.test`]),
];
export const friendly: readonly string[] = friends.flat();

/** The mailbox behind an address, as limits count it. */
export const mailbox = (address: string): string =>
  friends.find((spellings) => spellings.includes(address))?.[0] ?? address;

export const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);

const loopback = /^http:\/\/(?:127\.0\.0\.1|localhost)(?::(\d{1,5}))?$/;

/** The origins whose pages may call the servers of one local cloud: its own, and those that were given. */
export class Origins {
  readonly #given: ReadonlySet<string>;
  readonly #ports = new Set<number>();

  /** @throws TypeError when one is no origin of a web page */
  constructor(given: readonly string[] = []) {
    this.#given = new Set(given.map(originOf));
  }

  /** Counts a port of this machine as one of the cloud's own, until it is closed. */
  opened(port: number): void {
    this.#ports.add(port);
  }

  closed(port: number): void {
    this.#ports.delete(port);
  }

  /** Compares the exact text: browsers write an origin in one way only. */
  includes(origin: string): boolean {
    if (this.#given.has(origin)) return true;
    const local = loopback.exec(origin);
    return local !== null && this.#ports.has(Number(local[1] ?? 80));
  }
}

/** An address of a web page's server as browsers write its origin. @throws TypeError */
export function originOf(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : null;
  const isBare = url !== null && `${url.origin}/` === url.href;
  if (!isBare || !/^https?:$/.test(url.protocol))
    throw new TypeError(`'${given}' is no origin such as http://localhost:5173`);
  return url.origin;
}

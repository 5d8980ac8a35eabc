/** Prints each step as it ends, and counts. */
export class Report {
  passed = 0;
  failed = 0;

  /** Runs a step; what it gives, or undefined where it failed. Later steps go on. */
  async step<T>(name: string, run: () => Promise<T>): Promise<T | undefined> {
    try {
      const given = await run();
      this.passed++;
      process.stdout.write(`ok      ${name}\n`);
      return given;
    } catch (error) {
      this.failed++;
      process.stdout.write(`FAILED  ${name}: ${said(error as Error)}\n`);
      return undefined;
    }
  }
}

/** On one line, with what lies behind: fetch says no more than that it failed. */
function said({ message, cause }: Error): string {
  const behind = cause instanceof Error ? ` (${cause.message})` : '';
  return `${message}${behind}`.replaceAll(/\s+/g, ' ');
}

/** What an earlier step gave; where it failed, this one fails too. */
export function needed<T>(given: T | undefined, what: string): T {
  if (given === undefined) throw new Error(`needs ${what}, which an earlier step did not give`);
  return given;
}

export function check(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

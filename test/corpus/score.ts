/** How what was left of a reply compares with what should be. */
export interface Score {
  exact: boolean;
  /** Something that was written is gone. */
  lost: boolean;
  /** Something that was quoted is still there. */
  leaked: boolean;
}

/** White space at the ends of lines and between paragraphs makes no difference; words do. */
export function scoreOf(body: string, expected: string): Score {
  const exact = normal(body) === normal(expected);
  return {
    exact,
    lost: !exact && hasMore(expected, body),
    leaked: !exact && hasMore(body, expected),
  };
}

function normal(text: string): string {
  return text
    .replace(/\r\n/g, '\n')
    .replace(/[ \t\u00a0]+$/gm, '')
    .replace(/\n{2,}/g, '\n\n')
    .trim();
}

/** Whether the first text has lines, counted, that the second has not. */
function hasMore(text: string, other: string): boolean {
  const counts = new Map<string, number>();
  for (const line of linesOf(other)) counts.set(line, (counts.get(line) ?? 0) + 1);
  return linesOf(text).some((line) => {
    const left = (counts.get(line) ?? 0) - 1;
    counts.set(line, left);
    return left < 0;
  });
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Messages of one address in a row that look as if no person wrote them, and the mark of the last one's text. */
export interface Run {
  inRow: number;
  text: string;
  /** Of tickets that an address opens: when it opened the last, in Unix seconds. */
  at?: number;
}

/** Messages of one address in a row that look as if no person wrote them, and the mark of the last one's text. */
export interface Run {
  inRow: number;
  text: string;
}

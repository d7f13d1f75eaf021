// The rows of a log, as Rows wants to know them.

import { lineRow, said, waiting } from "./line.js";

// So many lines around what is drawn are fetched with it.
const AROUND = 100;

export class Source {
  // `look` has marked, matcher and clock: what rows look like just now.
  constructor(lines, look, say) {
    this.lines = lines;
    this.look = look;
    this.say = say;
    // The line that the topmost row is of.
    this.from = 1;
    this.to = 1;
  }

  get rowCount() {
    return this.lines.rowCount;
  }

  key(row) {
    const { kind, number, isRest } = this.lines.at(row);
    return kind === "line" ? `${isRest ? "rest" : ""}${number}` : kind;
  }

  line(row) {
    const { kind, number, isRest } = this.lines.at(row);
    if (kind !== "line") return null;
    const line = this.lines.get(number);
    return isRest ? (line?.rest ?? line) : line;
  }

  version(row) {
    const { kind, number } = this.lines.at(row);
    const { gap, gapNotes, endNotes } = this.lines;
    if (kind === "gap") return [gap.after_line, gap.next_line, gapNotes.join()];
    if (kind === "end") return [endNotes.join()];
    const { marked, matcher, clock } = this.look;
    return [this.line(row), marked === number, matcher, clock];
  }

  chars(row) {
    return this.line(row)?.text.length ?? 0;
  }

  build(row) {
    const { kind, number } = this.lines.at(row);
    const { gapNotes, endNotes } = this.lines;
    if (kind === "end") return said(endNotes);
    if (kind === "gap") return said([this.gapSentence(), ...gapNotes], "hub-line-gap");
    const line = this.line(row);
    if (line === undefined) return waiting(number);
    if (line === null) return said([]);
    const isMarked = this.look.marked === number;
    return lineRow(line, { ...this.look, isMarked, say: this.say });
  }

  gapSentence() {
    const { after_line: before, next_line: next } = this.lines.gap;
    const isPart = next <= before + 1;
    if (isPart) return this.say("gap-part", { a: before });
    return this.say("gap", { a: before + 1, b: next - 1 });
  }

  need(from, to) {
    if (!this.rowCount) return;
    this.from = this.lines.at(from).number;
    this.to = this.lines.at(Math.max(from, to - 1)).number;
    this.lines.need(Math.max(1, this.from - AROUND), this.to + AROUND);
  }
}

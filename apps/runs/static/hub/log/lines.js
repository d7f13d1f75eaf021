// The lines of a log that are in the page: blocks by number, at most MOST_BLOCKS of them.

import { ask } from "./hub.js";

export const BLOCK = 500;
const MOST_BLOCKS = 8;
// So long is waited before lines are asked for: who drags past them does not need them.
const WAIT_MS = 40;

const blockOf = (number) => Math.floor((number - 1) / BLOCK);

export class Lines {
  // `onChange()` is called when there is something new to draw, `onTrouble(error)` when
  // lines could not be had.
  constructor(address, onChange, onTrouble) {
    this.address = address;
    this.onChange = onChange;
    this.onTrouble = onTrouble;
    this.total = 0;
    this.gap = null;
    this.isDone = false;
    this.gapNotes = [];
    // What the hub says behind the last line.
    this.endNotes = [];
    this.withTimes = false;
    this.blocks = new Map();
    this.asked = new Map();
    this.wanted = [1, 1];
    this.timer = 0;
  }

  // -- Rows: a line each, one for the gap, one for the hub's last words ------------
  get rowCount() {
    const { gap, total } = this;
    const lines = gap ? total + 2 - (gap.next_line - gap.after_line) : total;
    return lines + (this.endNotes.length ? 1 : 0);
  }

  // What a row shows: {kind: "line" | "gap" | "end", number}.
  at(row) {
    if (this.endNotes.length && row === this.rowCount - 1) {
      return { kind: "end", number: this.total };
    }
    const { gap } = this;
    if (!gap || row < gap.after_line) return { kind: "line", number: row + 1 };
    if (row === gap.after_line) return { kind: "gap", number: gap.after_line };
    const number = gap.next_line + row - gap.after_line - 1;
    return { kind: "line", number, isRest: number === gap.after_line };
  }

  rowOf(number) {
    const { gap } = this;
    if (!gap || number <= gap.after_line) return Math.max(0, number - 1);
    if (number < gap.next_line) return gap.after_line;
    return gap.after_line + 1 + number - gap.next_line;
  }

  // A line, null if there is none of that number, undefined if it is not here yet.
  get(number) {
    return this.blocks.get(blockOf(number))?.get(number);
  }

  get held() {
    let count = 0;
    for (const block of this.blocks.values()) count += block.size;
    return count;
  }

  // -- Getting them ----------------------------------------------------------------
  // Have these lines here soon, and forget those that are far from them.
  need(first, last) {
    this.wanted = [first, last];
    if (!this.timer && this.missing().length) {
      this.timer = setTimeout(() => {
        this.timer = 0;
        this.fetchMissing();
      }, WAIT_MS);
    }
  }

  missing() {
    const [first, last] = this.wanted;
    const blocks = new Set();
    for (let number = first; number <= Math.min(last, this.total); number += 1) {
      const { gap } = this;
      const isCut = gap && gap.after_line < number && number < gap.next_line;
      if (!isCut && this.get(number) === undefined) blocks.add(blockOf(number));
    }
    return [...blocks];
  }

  fetchMissing() {
    const missing = this.missing();
    for (const [block, controller] of this.asked) {
      if (!missing.includes(block)) controller.abort();
    }
    for (const block of missing) {
      if (!this.asked.has(block)) this.fetchBlock(block);
    }
  }

  async fetchBlock(block) {
    const controller = new AbortController();
    this.asked.set(block, controller);
    const first = block * BLOCK + 1;
    try {
      const query = this.query({ first, last: first + BLOCK - 1 });
      const answer = await ask(this.address, query, controller.signal);
      this.learn(answer);
      const found = this.sort(answer, first);
      const last = Math.min(first + BLOCK - 1, answer.lines);
      for (let number = first; number <= last; number += 1) {
        if (!found.has(number)) found.set(number, null);
      }
      this.keepNewer(block, found, answer.lines);
      this.blocks.set(block, found);
      this.evict();
      this.onChange();
    } catch (error) {
      if (error.name !== "AbortError") this.onTrouble(error);
    } finally {
      if (this.asked.get(block) === controller) this.asked.delete(block);
    }
  }

  // An answer that was overtaken by a later one may hold half of what was its last line.
  keepNewer(block, found, last) {
    if (last === this.total) return;
    found.delete(last);
    for (const [number, line] of this.blocks.get(block) ?? []) {
      if (number >= last) found.set(number, line);
    }
  }

  // Ask for what came since: from the last line on, which may have grown.
  async poll(signal) {
    const first = Math.max(1, this.total);
    const query = this.query({ first, last: first + BLOCK - 1 });
    const answer = await ask(this.address, query, signal);
    this.learn(answer);
    for (const [number, line] of this.sort(answer, first)) {
      const index = blockOf(number);
      if (!this.blocks.has(index)) this.blocks.set(index, new Map());
      const known = this.blocks.get(index).get(number);
      if (known?.text !== line.text || known?.notes.length !== line.notes.length) {
        this.blocks.get(index).set(number, line);
      }
    }
    this.evict();
    this.onChange();
  }

  query(range) {
    return this.withTimes ? { ...range, times: 1 } : range;
  }

  learn(answer) {
    this.total = Math.max(this.total, answer.lines);
    this.gap = answer.gap;
    this.isDone = answer.done;
  }

  // Return lines by number; what the hub says stands before the line that follows it.
  sort(answer, first) {
    const found = new Map();
    let notes = [];
    let before = first - 1;
    for (const line of answer.results) {
      if (line.n === null) {
        notes.push(line.text);
      } else if (found.has(line.n)) {
        found.get(line.n).rest = { ...line, notes: [] };
        this.gapNotes = notes;
        notes = [];
      } else {
        if (line.n === answer.gap?.next_line) {
          if (notes.length) this.gapNotes = notes;
          notes = [];
        }
        found.set(line.n, { ...line, notes });
        notes = [];
        before = line.n;
      }
    }
    if (before >= answer.lines) {
      this.endNotes = notes;
    } else if (notes.length && before === answer.gap?.after_line) {
      this.gapNotes = notes;
    }
    return found;
  }

  evict() {
    const middle = blockOf(Math.max(1, (this.wanted[0] + this.wanted[1]) / 2));
    const far = (block) => Math.abs(block - middle);
    const order = [...this.blocks.keys()].sort((a, b) => far(b) - far(a));
    for (const block of order.slice(0, Math.max(0, order.length - MOST_BLOCKS))) {
      this.blocks.delete(block);
    }
  }

  // Forget all lines: they are asked for in another way from now on.
  forget() {
    for (const controller of this.asked.values()) controller.abort();
    this.asked.clear();
    this.blocks.clear();
  }
}

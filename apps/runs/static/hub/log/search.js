// Looking for a text, and for the next error: the hub looks, all of the log is searched.

import { ask } from "./hub.js";

// A line number that no log has, and the largest that the hub takes.
const BEHIND_ALL = 10 ** 15;
const SPECIAL = /[.*+?^${}()|[\]\\/-]/g;

export class Search {
  constructor(address) {
    this.address = address;
    this.text = "";
    this.matcher = null;
    this.asked = null;
    // Numbers of matching lines, all there are between two lines.
    this.batch = { from: 0, to: 0, numbers: [] };
  }

  set(text) {
    this.asked?.abort();
    this.text = text;
    this.matcher = text ? new RegExp(text.replace(SPECIAL, "\\$&"), "gi") : null;
    this.batch = { from: 0, to: 0, numbers: [] };
  }

  // Return the next line behind `line` that holds the text as {number, isAround}, or
  // null if none does. Throws an AbortError when something else was asked meanwhile.
  async next(line) {
    const known = this.batch.numbers.find((number) => number > line);
    if (known && this.batch.from <= line) return { number: known, isAround: false };
    for (let after = line; after !== null; ) {
      const answer = await this.ask({ search: this.text, after_line: after });
      if (answer.results.length) return this.found(answer, after);
      after = answer.next;
    }
    return line ? this.around(await this.next(0)) : null;
  }

  async previous(line) {
    const known = this.batch.numbers.findLast((number) => number < line);
    if (known && line <= this.batch.to) return { number: known, isAround: false };
    for (let before = line; before !== null; ) {
      const answer = await this.ask({ search: this.text, before_line: before });
      if (answer.results.length) {
        return { number: answer.results.at(-1).n, isAround: false };
      }
      before = answer.next;
    }
    return line < BEHIND_ALL ? this.around(await this.previous(BEHIND_ALL)) : null;
  }

  // Return the number of the next line behind `line` that looks like an error, or null.
  async error(line) {
    for (let after = line; after !== null; ) {
      const answer = await this.ask({ errors: after });
      if (answer.results.length) return answer.results[0].n;
      after = answer.next;
    }
    return null;
  }

  found(answer, after) {
    const numbers = answer.results.map((result) => result.n);
    this.batch = { from: after, to: numbers.at(-1), numbers };
    return { number: numbers[0], isAround: false };
  }

  around(found) {
    return found && { ...found, isAround: true };
  }

  ask(query) {
    this.asked?.abort();
    this.asked = new AbortController();
    return ask(this.address, query, this.asked.signal);
  }
}

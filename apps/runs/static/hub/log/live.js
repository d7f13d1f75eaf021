// Asks again and again for what came since, while a run is going on.

import { Away, Lost } from "./hub.js";

const EVERY_MS = 500;
const HIDDEN_MS = 5000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15_000;

export class Live {
  // `onState(state)` is told "well", "away" or "lost"; `onDone()` comes once.
  constructor(lines, { onState, onDone }) {
    this.lines = lines;
    this.onState = onState;
    this.onDone = onDone;
    this.pause = 0;
    this.timer = 0;
    this.isAsking = false;
    this.isOver = false;
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.now();
    });
    window.addEventListener("online", () => this.now());
  }

  now() {
    if (this.isOver || this.isAsking) return;
    clearTimeout(this.timer);
    this.turn();
  }

  // Something else could not be had; ask until the hub answers again.
  trouble(error) {
    if (error instanceof Lost) this.end("lost");
    else if (!(error instanceof Away)) throw error;
    else if (!this.isAsking) {
      this.isOver = false;
      this.later();
    }
  }

  later() {
    this.pause = Math.min(LONGEST_PAUSE_MS, this.pause ? this.pause * 2 : FIRST_PAUSE_MS);
    this.onState("away");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.turn(), this.pause);
  }

  async turn() {
    this.isAsking = true;
    try {
      await this.lines.poll();
    } catch (error) {
      this.isAsking = false;
      this.trouble(error);
      return;
    }
    this.isAsking = false;
    this.pause = 0;
    this.onState("well");
    if (this.lines.isDone) {
      this.end("well");
      this.onDone();
    } else {
      this.timer = setTimeout(() => this.turn(), document.hidden ? HIDDEN_MS : EVERY_MS);
    }
  }

  end(state) {
    this.isOver = true;
    clearTimeout(this.timer);
    this.onState(state);
  }
}

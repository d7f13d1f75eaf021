// The log of a run: live, searched by the hub, and only a part of it in the page.

import { Lost } from "./hub.js";
import { listen } from "./keys.js";
import { Lines } from "./lines.js";
import { Live } from "./live.js";
import { Memory } from "./memory.js";
import { Rows } from "./rows.js";
import { Search } from "./search.js";
import { Source } from "./source.js";

const TYPED_MS = 250;
const PERMALINK = /^#L(\d{1,15})$/;

class Viewer {
  constructor(root) {
    this.root = root;
    this.view = root.querySelector(".hub-log-view");
    this.input = root.querySelector("input[type=search]");
    this.memory = new Memory(root.dataset.run);
    this.look = { marked: null, matcher: null, clock: null };
    this.isFollowing = false;
    this.isPlaced = false;
    this.gap = "";
    this.state = "well";
    this.typed = 0;
    root.querySelector(".hub-log-still").remove();
    root.querySelector(".hub-log-bar").hidden = false;
    this.view.hidden = false;
    this.build();
    this.attend();
    this.live.now();
  }

  build() {
    const { log } = this.root.dataset;
    this.lines = new Lines(log, () => this.changed(), (error) => this.live.trouble(error));
    this.source = new Source(this.lines, this.look, (name, values) => this.text(name, values));
    this.rows = new Rows(this.view, this.source, {
      onScroll: (isUp, isAtEnd) => this.scrolled(isUp, isAtEnd),
      onRest: () => this.remember(),
    });
    this.search = new Search(log);
    this.live = new Live(this.lines, {
      onState: (state) => this.told(state),
      onDone: () => this.done(),
    });
    const { isWrapped, withTimes } = this.memory.habits;
    this.setWrap(Boolean(isWrapped));
    this.setTimes(Boolean(withTimes));
  }

  attend() {
    listen(this.root, (action) => this.act(action));
    this.root.addEventListener("click", (event) => {
      const action = event.target.closest("[data-do]")?.dataset.do;
      if (action) this.act(action);
      const number = event.target.closest("a.hub-line-n");
      if (number && this.view.contains(number)) this.point(event, number);
    });
    this.input.addEventListener("input", () => {
      clearTimeout(this.typed);
      this.typed = setTimeout(() => this.type(), TYPED_MS);
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      // Browsers empty the field; what was found is still to be stepped through.
      if (event.key === "Escape") this.view.focus();
      // The page around may be one form.
      event.preventDefault();
      if (event.key === "Enter") this.act(event.shiftKey ? "previous" : "next");
    });
    window.addEventListener("hashchange", () => this.goToLink());
    window.addEventListener("pagehide", () => this.remember());
  }

  // -- What is said ------------------------------------------------------------------
  text(name, values = {}) {
    const key = `say${name.replace(/(^|-)(\w)/g, (_all, _dash, letter) => letter.toUpperCase())}`;
    return this.root.dataset[key].replace(/\{(\w+)\}/g, (_all, value) =>
      typeof values[value] === "number" ? values[value].toLocaleString() : values[value],
    );
  }

  say(name, values) {
    this.root.querySelector("[data-status]").textContent = name ? this.text(name, values) : "";
  }

  told(state) {
    if (state !== this.state) this.say(state === "well" ? "" : state);
    this.state = state;
    this.sum();
  }

  // How long the log is, and how it is looked at.
  sum() {
    const { total, isDone } = this.lines;
    const parts = [];
    if (total) parts.push(this.text(total === 1 ? "one-line" : "lines", { n: total }));
    else if (this.isPlaced) parts.push(this.text(isDone ? "nothing" : "waiting"));
    if (this.isFollowing) parts.push(this.text("following"));
    if (this.look.clock) {
      const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
      parts.push(this.text("times", { zone }));
    }
    this.root.querySelector("[data-state]").textContent = parts.join(" · ");
  }

  // -- What happens ------------------------------------------------------------------
  changed() {
    if (!this.isPlaced) this.place();
    const gap = `${this.lines.gap?.after_line} ${this.lines.gap?.next_line}`;
    if (gap !== this.gap) {
      // Rows have other numbers now: the same lines stay in sight.
      this.rows.goTo(this.lines.rowOf(this.top), this.rows.first.y);
      this.gap = gap;
    }
    if (this.isFollowing) this.rows.goToEnd();
    else this.rows.soon();
    this.top = this.lines.at(this.rows.first.row).number;
    this.sum();
  }

  // Where one was, or what the address says; else the end.
  place() {
    this.isPlaced = true;
    this.gap = `${this.lines.gap?.after_line} ${this.lines.gap?.next_line}`;
    const first = Number(new URLSearchParams(location.search).get("first"));
    const { place } = this.memory;
    this.setFollow(!this.lines.isDone);
    if (this.goToLink()) return;
    if (place && !(place.isFollowing && this.isFollowing)) {
      this.setFollow(false);
      this.rows.goTo(this.lines.rowOf(place.number), place.y);
    } else if (first >= 1 && first <= this.lines.total) {
      this.setFollow(false);
      this.rows.goTo(this.lines.rowOf(first), 0);
    } else {
      this.rows.goToEnd();
    }
  }

  scrolled(isUp, isAtEnd) {
    this.top = this.lines.at(this.rows.first.row).number;
    if (this.isFollowing && isUp && !isAtEnd) {
      this.setFollow(false);
      this.say("stopped");
    } else if (!this.isFollowing && !isUp && isAtEnd) {
      this.setFollow(!this.lines.isDone);
    }
  }

  done() {
    const wasFollowing = this.isFollowing;
    this.setFollow(false);
    this.root.querySelector("[data-do=follow]").disabled = true;
    if (wasFollowing) this.rows.goToEnd();
    this.remember();
    this.root.dispatchEvent(new CustomEvent("hub:log-done", { bubbles: true }));
  }

  remember() {
    if (!this.isPlaced) return;
    const { row, y } = this.rows.first;
    const { number } = this.lines.at(row);
    this.memory.place = { number, y, isFollowing: this.isFollowing };
  }

  // -- What one asks for -------------------------------------------------------------
  act(action) {
    const actions = {
      follow: () => this.follow(),
      top: () => this.toTop(),
      end: () => this.toEnd(),
      find: () => this.input.select(),
      next: () => this.find((search) => search.next(this.before)),
      previous: () => this.find((search) => search.previous(this.behind)),
      error: () => this.findError(),
      wrap: () => this.habit(() => this.setWrap(!this.rows.isWrapped)),
      times: () => this.habit(() => this.setTimes(!this.look.clock)),
    };
    actions[action]();
  }

  follow() {
    this.setFollow(!this.isFollowing && !this.lines.isDone);
    this.say("");
    if (this.isFollowing) this.rows.goToEnd();
  }

  toTop() {
    this.setFollow(false);
    this.rows.goTo(0, 0);
    this.remember();
  }

  toEnd() {
    this.setFollow(!this.lines.isDone);
    this.rows.goToEnd();
    this.remember();
  }

  habit(change) {
    change();
    this.memory.habits = {
      isWrapped: this.rows.isWrapped,
      withTimes: Boolean(this.look.clock),
    };
    if (this.isFollowing) this.rows.goToEnd();
    else this.rows.soon();
    this.sum();
  }

  setFollow(isOn) {
    this.isFollowing = isOn;
    this.press("follow", isOn);
    this.sum();
  }

  setWrap(isOn) {
    this.rows.isWrapped = isOn;
    this.view.classList.toggle("hub-log-wrapped", isOn);
    this.press("wrap", isOn);
  }

  setTimes(isOn) {
    this.look.clock = isOn ? clock() : null;
    if (this.lines.withTimes !== isOn) {
      this.lines.withTimes = isOn;
      this.lines.forget();
    }
    this.press("times", isOn);
  }

  press(action, isOn) {
    this.root.querySelector(`[data-do=${action}]`).setAttribute("aria-pressed", String(isOn));
  }

  // -- Lines by their numbers --------------------------------------------------------
  goToLink() {
    const found = PERMALINK.exec(location.hash);
    if (found) this.jump(Math.max(1, Math.min(Number(found[1]), this.lines.total)));
    return Boolean(found);
  }

  point(event, number) {
    event.preventDefault();
    this.look.marked = Number(number.textContent);
    history.replaceState(null, "", `#L${this.look.marked}`);
    this.rows.soon();
  }

  jump(number) {
    this.setFollow(false);
    this.look.marked = number;
    this.rows.goTo(this.lines.rowOf(number));
    this.remember();
  }

  get isMarkInSight() {
    const row = this.look.marked && this.lines.rowOf(this.look.marked);
    return row !== null && this.rows.first.row <= row && row <= this.rows.lastInSight;
  }

  // The line behind which, and before which, a search goes on.
  get before() {
    if (this.isMarkInSight) return this.look.marked;
    return Math.max(0, this.lines.at(this.rows.first.row).number - 1);
  }

  get behind() {
    if (this.isMarkInSight) return this.look.marked;
    return this.lines.at(this.rows.lastInSight).number + 1;
  }

  type() {
    if (this.input.value === this.search.text) return;
    this.search.set(this.input.value);
    this.look.matcher = this.search.matcher;
    this.rows.soon();
    this.say("");
    // From the line that was found on: one more letter may still be in it.
    const from = Math.max(0, this.before - (this.isMarkInSight ? 1 : 0));
    if (this.search.text) this.find((search) => search.next(from));
  }

  async find(how) {
    clearTimeout(this.typed);
    if (this.input.value !== this.search.text) return this.type();
    if (!this.search.text) return this.input.focus();
    const found = await this.searching(() => how(this.search));
    if (found === null) this.say("none");
    if (!found) return undefined;
    this.jump(found.number);
    return this.say(found.isAround ? "around" : "line", { n: found.number });
  }

  async findError() {
    const from = this.noErrorBehind === this.before ? 0 : this.before;
    const number = await this.searching(() => this.search.error(from));
    if (number === undefined) return;
    this.noErrorBehind = number === null && from ? from : undefined;
    if (number === null) {
      this.say("no-error", { n: from });
      return;
    }
    this.jump(number);
    this.say("line", { n: number });
  }

  // Return what was found, or undefined when something else is looked for by now.
  async searching(look) {
    this.say("searching");
    try {
      return await look();
    } catch (error) {
      if (error.name !== "AbortError") this.say(error instanceof Lost ? "lost" : "away");
      return undefined;
    }
  }
}

// Return what shows a moment in the reader's zone, with UTC for the pointer.
function clock() {
  const format = new Intl.DateTimeFormat(document.documentElement.lang || undefined, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
    hourCycle: "h23",
  });
  return (text) => {
    const moment = new Date(text);
    const shown = document.createElement("time");
    shown.dateTime = text;
    shown.className = "hub-line-time";
    shown.title = `${moment.toLocaleDateString()} · ${moment.toISOString()}`;
    shown.textContent = format.format(moment);
    return shown;
  };
}

export const viewers = [...document.querySelectorAll("[data-log]")].map(
  (root) => new Viewer(root),
);

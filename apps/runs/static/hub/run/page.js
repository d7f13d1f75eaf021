// Keeps a run's page up to date: what the hub says of the run each second while it is
// active, elapsed times in between. Parts come as HTML, in which the server has escaped
// whatever scripts and people wrote; only what differs in them is put into the page.
import { showMoments } from "../time.js";
import { Clock } from "./clock.js";
import { offerLink } from "./copy.js";
import { morph } from "./morph.js";

const HIDDEN_MS = 5000;
const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 30_000;
const GONE = new Set([401, 403, 404]);

class Page {
  constructor(root) {
    this.root = root;
    this.said = root.querySelector("[data-said]");
    this.clock = new Clock(root.dataset.units);
    this.timer = 0;
    this.pause = 0;
    this.isAsking = false;
    this.isOver = false;
    this.settle();
    setInterval(() => this.tick(), 1000);
    document.addEventListener("visibilitychange", () => this.soon());
    window.addEventListener("online", () => this.soon());
    // The viewer has all of an ended run: so the run has ended.
    root.addEventListener("hub:log-done", () => this.soon());
    offerLink(root, (text) => this.say(text));
    this.plan();
  }

  get head() {
    return this.part("head");
  }

  part(name) {
    return this.root.querySelector(`[data-part="${name}"]`);
  }

  say(text) {
    this.said.textContent = text;
  }

  // -- When to ask -------------------------------------------------------------------
  get every() {
    const every = Number(this.head.dataset.every);
    return document.hidden && every ? Math.max(every, HIDDEN_MS) : every;
  }

  plan() {
    clearTimeout(this.timer);
    if (this.isOver || !this.every) return;
    this.timer = setTimeout(() => this.refresh(), this.pause || this.every);
  }

  soon() {
    if (!document.hidden && !this.isOver && this.every) this.refresh();
  }

  async refresh() {
    if (this.isAsking) return;
    clearTimeout(this.timer);
    this.isAsking = true;
    try {
      await this.ask();
    } catch {
      // The hub is away for a while, or starts anew.
      this.pause = Math.min(LONGEST_PAUSE_MS, this.pause ? this.pause * 2 : FIRST_PAUSE_MS);
      this.say(this.root.dataset.away);
    }
    this.isAsking = false;
    this.plan();
  }

  async ask() {
    const state = encodeURIComponent(this.head.dataset.state);
    const answer = await fetch(`${this.root.dataset.live}?state=${state}`, {
      credentials: "same-origin",
    });
    if (answer.redirected || GONE.has(answer.status)) {
      this.isOver = true;
      this.say(this.root.dataset.lost);
      return;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
    if (this.pause) this.say("");
    this.pause = 0;
    this.take(fresh);
  }

  // -- What came ---------------------------------------------------------------------
  take(fresh) {
    const before = this.head.dataset.status;
    const focused = this.root.contains(document.activeElement) && document.activeElement;
    // As this page shows them already, so that they do not differ.
    showMoments(fresh);
    this.clock.settle(fresh.querySelector("[data-part=head]"));
    this.clock.show(fresh);
    for (const part of fresh.querySelectorAll("[data-part]")) this.put(part);
    // What had the focus may be gone, such as Cancel: the keyboard stays near.
    if (focused && !focused.isConnected) {
      this.root.querySelector("h1").focus({ preventScroll: true });
    }
    this.settle();
    if (this.head.dataset.status !== before) this.say(this.head.dataset.status);
  }

  put(part) {
    const here = this.part(part.dataset.part);
    if (!here) return;
    if (part.dataset.part !== "artifacts") {
      morph(here, part);
      return;
    }
    // They may have scripts of their own, which look at new elements.
    here.replaceChildren(...part.childNodes);
    here.dispatchEvent(new CustomEvent("hub:shown", { bubbles: true }));
  }

  // -- The clock, the title and the icon ---------------------------------------------
  settle() {
    this.clock.settle(this.head);
    this.tick();
    for (const link of document.querySelectorAll("link[rel=icon]")) {
      const { icon } = this.head.dataset;
      if (link.getAttribute("href") !== icon) link.href = icon;
    }
  }

  tick() {
    this.clock.show(this.root);
    const { mark, name } = this.head.dataset;
    const elapsed = this.head.querySelector("[data-elapsed]");
    const parts = elapsed ? `${mark} ${elapsed.textContent} · ${name}` : `${mark} ${name}`;
    document.title = `${parts} | automation-hub`;
  }
}

for (const root of document.querySelectorAll("[data-run-page]")) new Page(root);

// Keeps the home page live: its counters and lists every few seconds, elapsed times each
// second; nothing is asked for while nobody looks. The part comes as a page of the hub,
// in which the server has escaped whatever scripts and people wrote.
import { showMoments } from "./time.js";

const EVERY_MS = 4000;
const MOST_MS = 60000;

const live = document.getElementById("hub-live");
let wait = EVERY_MS;
let timer = 0;
// By how much this clock is ahead of the hub's.
let ahead = 0;

function text(seconds) {
  const [s, m, h] = live.dataset.units.split(" ");
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} ${s}`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} ${m} ${whole % 60} ${s}`;
  return `${Math.floor(minutes / 60)} ${h} ${minutes % 60} ${m}`;
}

function elapsed(since) {
  return Math.max(Date.now() / 1000 - ahead - Number(since), 0);
}

function tick() {
  if (document.hidden) return;
  for (const element of live.querySelectorAll("[data-elapsed]")) {
    element.textContent = text(elapsed(element.dataset.elapsed));
  }
  for (const element of live.querySelectorAll("progress[data-since]")) {
    element.value = elapsed(element.dataset.since);
  }
}

function settle() {
  const now = live.querySelector("[data-now]");
  if (!now) return;
  ahead = Date.now() / 1000 - Number(now.dataset.now);
  const running = Number(now.dataset.running);
  document.title = (running ? `(${running}) ` : "") + live.dataset.title;
}

function replace(page) {
  const focused = live.contains(document.activeElement) ? document.activeElement.id : "";
  live.replaceChildren(...page.body.childNodes);
  showMoments(live);
  settle();
  tick();
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

async function refresh() {
  try {
    const answer = await fetch(live.dataset.url, { credentials: "same-origin" });
    // Signed out meanwhile: the page that is there stays, and says no more.
    if (answer.redirected || answer.status === 403) return;
    if (!answer.ok) throw new Error(String(answer.status));
    replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
    wait = EVERY_MS;
  } catch {
    // The hub is away for a while, or starts anew.
    wait = Math.min(wait * 2, MOST_MS);
  }
  plan();
}

function plan() {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(refresh, wait);
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (!document.hidden) refresh();
});
if (live) {
  settle();
  setInterval(tick, 1000);
  plan();
}

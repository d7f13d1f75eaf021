// Keeps the list of runs live: rows of runs that go on every few seconds, their elapsed
// times each second, and whether there are newer runs. What is ticked stays ticked, what
// has the focus keeps it, and nothing is asked for while nobody looks.
import { showMoments } from "./time.js";

const EVERY_MS = 3000;
const CALM_MS = 10000;
const MOST_MS = 60000;

const table = document.querySelector("#result_list[data-url]");
const newer = document.getElementById("hub-newer");
const form = document.getElementById("hub-filter-form");
let failures = 0;
let timer = 0;
// By how much this clock is ahead of the hub's.
let ahead = 0;

const active = () => table.querySelectorAll("tr[data-active]");

function text(seconds) {
  const [s, m, h] = table.dataset.units.split(" ");
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} ${s}`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} ${m} ${whole % 60} ${s}`;
  return `${Math.floor(minutes / 60)} ${h} ${minutes % 60} ${m}`;
}

function tick() {
  if (document.hidden) return;
  for (const element of table.querySelectorAll("[data-elapsed]")) {
    const since = Number(element.dataset.elapsed);
    element.textContent = text(Math.max(Date.now() / 1000 - ahead - since, 0));
  }
}

function isMarked(row) {
  const selection = document.getSelection();
  return !selection.isCollapsed && selection.containsNode(row, true);
}

// All cells but the one that is ticked.
function cells(row) {
  return [...row.children].filter((cell) => !cell.matches(".action-checkbox"));
}

function replaceRow(row, fresh) {
  const focused = row.contains(document.activeElement) ? document.activeElement.id : "";
  for (const cell of cells(row)) cell.remove();
  row.append(...cells(fresh));
  row.toggleAttribute("data-active", fresh.hasAttribute("data-active"));
  showMoments(row);
  if (!focused || document.getElementById(focused)) {
    document.getElementById(focused)?.focus({ preventScroll: true });
    return;
  }
  // The button that had it is gone, since the run has ended.
  row.querySelector(":is(button, a)")?.focus({ preventScroll: true });
}

function show(page) {
  const fresh = page.querySelector("table");
  ahead = Date.now() / 1000 - Number(fresh.dataset.now);
  for (const row of fresh.querySelectorAll("tr")) {
    const old = document.getElementById(row.id);
    if (!old || isMarked(old)) continue;
    if (old.hasAttribute("data-active")) replaceRow(old, row);
    // A run that goes on may have become the longest of the page.
    else replaceBar(old, row);
  }
  if (newer) {
    newer.querySelector("a").textContent = fresh.dataset.newer;
    newer.hidden = !fresh.dataset.newer;
  }
  tick();
}

function replaceBar(old, row) {
  const bar = row.querySelector(".hub-bar");
  if (bar) old.querySelector(".hub-bar")?.replaceWith(bar);
}

function address() {
  const query = new URLSearchParams(location.search);
  const ids = [...table.tBodies[0].rows].map((row) => row.id.replace("hub-run-", ""));
  query.set("rows", ids.join(","));
  if (table.dataset.top) query.set("top", table.dataset.top);
  return `${table.dataset.url}?${query}`;
}

async function refresh() {
  try {
    const answer = await fetch(address(), { credentials: "same-origin" });
    // Signed out meanwhile: the page that is there stays, and says no more.
    if (answer.redirected || answer.status === 403) return;
    if (!answer.ok) throw new Error(String(answer.status));
    show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    failures = 0;
  } catch {
    // The hub is away for a while, or starts anew.
    failures += 1;
  }
  plan();
}

function plan() {
  clearTimeout(timer);
  const isLive = active().length > 0;
  if (document.hidden || (!isLive && !table.dataset.top)) return;
  const every = isLive ? EVERY_MS : CALM_MS;
  timer = setTimeout(refresh, Math.min(every * 2 ** failures, MOST_MS));
}

// A time of one's own is typed in the reader's zone, and sent with it.
function local(seconds) {
  const at = new Date(seconds * 1000);
  at.setMinutes(at.getMinutes() - at.getTimezoneOffset());
  return at.toISOString().slice(0, 16);
}

function readForm() {
  for (const input of form.querySelectorAll("input[type=datetime-local]")) {
    input.removeAttribute("title");
    if (input.dataset.moment) input.value = local(Number(input.dataset.moment));
  }
  // What is empty need not stand in the address.
  form.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) {
      if (!value) formData.delete(name);
      else if (name === "from" || name === "to") {
        formData.set(name, `${new Date(value).toISOString().slice(0, 16)}Z`);
      }
    }
  });
}

if (form) readForm();
if (table) {
  ahead = Date.now() / 1000 - Number(table.dataset.now);
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden) refresh();
  });
  setInterval(tick, 1000);
  tick();
  plan();
}

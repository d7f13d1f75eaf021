// Keeps a part of a page live: <div data-live="address"> is read anew every few seconds
// while somebody looks. The part comes as the hub's own HTML, in which the server has
// escaped whatever scripts and people wrote. What is folded out, and what has the focus,
// stays so where it has an id.
import { showMoments } from "./time.js";

const EVERY_MS = 4000;
const MOST_MS = 60000;

function replace(part, page) {
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  const opened = [...part.querySelectorAll("details[id][open]")].map((each) => each.id);
  part.replaceChildren(...page.body.childNodes);
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  showMoments(part);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function follow(part) {
  let wait = EVERY_MS;
  let timer = 0;

  function plan() {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(refresh, wait);
  }

  async function refresh() {
    try {
      const answer = await fetch(part.dataset.live, { credentials: "same-origin" });
      // Signed out meanwhile: what is there stays, and is asked for no more.
      if (answer.redirected || answer.status === 403) return;
      if (!answer.ok) throw new Error(String(answer.status));
      replace(part, new DOMParser().parseFromString(await answer.text(), "text/html"));
      wait = EVERY_MS;
    } catch {
      // The hub is away for a while, or starts anew.
      wait = Math.min(wait * 2, MOST_MS);
    }
    plan();
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden) refresh();
  });
  plan();
}

for (const part of document.querySelectorAll("[data-live]")) follow(part);

// Shows when a schedule would fire next, while its form is filled in. The hub computes
// and writes it; this only sends what is typed and shows the answer.

const WAIT_MS = 250;

const panel = document.querySelector("[data-preview]");
const form = panel?.closest("form");
let timer = 0;
let asked = null;

async function refresh() {
  asked?.abort();
  asked = new AbortController();
  const body = new FormData(form);
  body.set("browser_zone", Intl.DateTimeFormat().resolvedOptions().timeZone ?? "");
  let answer;
  try {
    answer = await fetch(panel.dataset.preview, {
      method: "POST",
      body,
      signal: asked.signal,
    });
  } catch (error) {
    // Typing went on, or the hub does not answer: what is shown stays, until it does.
    if (error.name === "AbortError" || error instanceof TypeError) return;
    throw error;
  }
  // A session that is over leads to the page for signing in, which is no preview.
  if (!answer.ok || answer.redirected) return;
  const html = await answer.text().catch(() => null);
  if (html !== null) panel.innerHTML = html;
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(refresh, WAIT_MS);
}

if (form) {
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  // What the browser kept from before, and its own zone, are not in the page as sent.
  if (form.elements.cron?.value || form.elements.every_s?.value || form.elements.at?.value) {
    soon();
  }
}

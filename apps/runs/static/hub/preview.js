// Shows when a schedule would fire next, while its form is filled in. The hub computes
// and writes it; this only sends what is typed and shows the answer.

import { typed } from "./typed.js";

const WAIT_MS = 250;

const panel = document.querySelector("[data-preview]");
const form = panel?.closest("form");
let timer = 0;
let asked = null;

async function refresh() {
  asked?.abort();
  asked = new AbortController();
  const body = typed(form);
  body.set("browser_zone", Intl.DateTimeFormat().resolvedOptions().timeZone ?? "");
  // Dimmed until it is answered: what is shown is of what was typed before.
  panel.setAttribute("aria-busy", "true");
  let answer;
  try {
    answer = await fetch(panel.dataset.preview, {
      method: "POST",
      body,
      signal: asked.signal,
    });
  } catch (error) {
    if (error.name === "AbortError") return; // Typing went on.
    if (!(error instanceof TypeError)) throw error;
  }
  // A session that is over leads to the page for signing in, which is no preview.
  const isPreview = answer?.ok && !answer.redirected;
  const html = isPreview ? await answer.text().catch(() => null) : null;
  if (html === null) {
    panel.replaceChildren(sentence(panel.dataset.silence));
  } else {
    panel.innerHTML = html;
  }
  panel.removeAttribute("aria-busy");
}

function sentence(text) {
  const paragraph = document.createElement("p");
  paragraph.className = "hub-pad hub-quiet";
  paragraph.textContent = text;
  return paragraph;
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(refresh, WAIT_MS);
}

// Whoever goes from the simple way to cron finds the expression that it came to; one that
// somebody typed stays.
let taken = "";

function takeCron(event) {
  const cron = panel.querySelector("[data-cron]")?.dataset.cron;
  if (event.target.name !== "kind" || event.target.value !== "cron" || !cron) return;
  if (form.elements.cron.value !== taken) return;
  form.elements.cron.value = cron;
  taken = cron;
}

if (form) {
  form.addEventListener("change", takeCron);
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  // What the browser kept from before, and its own zone, are not in the page as sent.
  soon();
}

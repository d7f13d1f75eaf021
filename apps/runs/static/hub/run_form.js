// What the run form does beyond plain HTML: shows the command lines while it is filled
// in, copies them, turns lists into rows, runs by Ctrl+Enter, and is sent once.

import { makeRows } from "./list_rows.js";
import { offerChoices } from "./offers.js";
import { showChosen } from "./sections.js";
import { typed } from "./typed.js";

const WAIT_MS = 300;

const form = document.querySelector("#run-form");
const panel = document.querySelector("#run-commands");
let timer = 0;
let asked = null;

async function refresh() {
  asked?.abort();
  asked = new AbortController();
  const body = typed(form);
  // Dimmed until it is answered: what is shown is of what was typed before.
  panel.setAttribute("aria-busy", "true");
  let answer;
  try {
    answer = await fetch(form.dataset.commands, { method: "POST", body, signal: asked.signal });
  } catch (error) {
    if (error.name === "AbortError") return; // Typing went on.
    if (!(error instanceof TypeError)) throw error;
  }
  // A session that is over leads to the page for signing in, which is no command line.
  const isShown = answer?.ok && !answer.redirected;
  show(isShown ? await answer.text().catch(() => null) : null, form.dataset.silence);
}

function show(html, otherwise) {
  if (html === null) {
    const paragraph = document.createElement("p");
    paragraph.className = "help";
    paragraph.textContent = otherwise;
    panel.replaceChildren(paragraph);
  } else {
    panel.innerHTML = html;
    offerCopies();
  }
  panel.removeAttribute("aria-busy");
}

function changed() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    // What a browser cannot read as a number it sends as nothing at all.
    const unfit = [...form.elements].some((one) => one.validity?.badInput);
    if (unfit) {
      asked?.abort();
      show(null, form.dataset.unfit);
    } else {
      refresh();
    }
  }, WAIT_MS);
}

// Copying.

function offerCopies() {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
}

async function copy(id) {
  const source = document.getElementById(id);
  const said = document.querySelector("#run-said");
  let isDone = true;
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    // Over plain HTTP there is no clipboard: marked, the old way may still work.
    getSelection().selectAllChildren(source);
    isDone = document.execCommand("copy");
  }
  said.textContent = isDone ? said.dataset.copied : said.dataset.uncopied;
  return isDone;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const isDone = await copy(button.dataset.copy);
  button.classList.toggle("hub-copied", isDone);
  setTimeout(() => button.classList.remove("hub-copied"), 1500);
});

// Running.

function runs(event) {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("[data-primary]"));
}

function send(event) {
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
}

if (form) {
  for (const area of form.querySelectorAll("textarea[data-list]")) makeRows(area, form.dataset);
  for (const offer of form.querySelectorAll("[data-offer]")) offerChoices(offer, form, () => typed(form));
  if (form.querySelector("[data-when]")) showChosen(form);
  offerCopies();
  form.querySelector(".hub-keys").hidden = false;
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  document.addEventListener("keydown", runs);
  form.addEventListener("submit", send);
  // Back from the run's page, the same form may be sent anew.
  window.addEventListener("pageshow", () => delete form.dataset.sent);
}

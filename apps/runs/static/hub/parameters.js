// The parameters on the page of a task or a schedule: shows the fields of the script that
// is chosen, goes from fields to JSON and back, and makes lists into rows. The hub writes
// them; without this, buttons do the same.

import { makeRows } from "./list_rows.js";
import { offerChoices } from "./offers.js";
import { showChosen } from "./sections.js";
import { typed } from "./typed.js";

const place = document.querySelector("[data-parameters]");
const form = place?.closest("form");
// Whoever clicks again so soon means the same click, and waits for its answer.
const TWICE_MS = 10_000;
let asked = null;

function enliven() {
  const panel = place.querySelector(".hub-panel");
  for (const area of panel.querySelectorAll("textarea[data-list]")) {
    makeRows(area, panel.dataset);
  }
  if (panel.querySelector("[data-when]")) showChosen(panel);
  // Where the choices are asked for, and what is said while the hub is silent.
  form.dataset.offers = panel.dataset.offers;
  form.dataset.silence = place.dataset.silence;
  if (panel.dataset.offers) {
    for (const offer of panel.querySelectorAll("[data-offer]")) {
      offerChoices(offer, form, withBeneath);
    }
  }
}

// What a task gives counts where nothing is typed.
function withBeneath() {
  const body = typed(form);
  const beneath = JSON.parse(place.querySelector(".hub-panel").dataset.beneath);
  for (const [name, text] of Object.entries(beneath)) {
    const key = `parameter-${name}`;
    if (!body.get(key)) body.set(key, text);
  }
  return body;
}

async function show(mode) {
  asked?.abort();
  asked = new AbortController();
  // With its files: what is chosen would be lost with its field.
  const body = new FormData(form);
  body.set("_parameters_as", mode);
  place.setAttribute("aria-busy", "true");
  let answer;
  try {
    answer = await fetch(place.dataset.parameters, { method: "POST", body, signal: asked.signal });
  } catch (error) {
    if (error.name === "AbortError") return; // Something else was chosen meanwhile.
    if (!(error instanceof TypeError)) throw error;
  }
  // A session that is over leads to the page for signing in.
  const isPanel = answer?.ok && !answer.redirected;
  const html = isPanel ? await answer.text().catch(() => null) : null;
  place.removeAttribute("aria-busy");
  if (html === null) {
    say(place.dataset.silence);
    return;
  }
  place.innerHTML = html;
  enliven();
  form.dispatchEvent(new Event("change", { bubbles: true }));
}

function say(text) {
  place.querySelector(":scope > .hub-problems")?.remove();
  const line = document.createElement("p");
  line.className = "hub-pad hub-problems";
  line.setAttribute("role", "alert");
  line.textContent = text;
  place.prepend(line);
}

function mode() {
  return form.elements.parameters_as?.value ?? "fields";
}

if (form) {
  enliven();
  form.addEventListener("change", (event) => {
    if (["script", "task"].includes(event.target.name)) show(mode());
  });
  place.addEventListener("click", async (event) => {
    const button = event.target.closest("button[name=_parameters_as]");
    if (!button) return;
    event.preventDefault();
    await show(button.value);
    place.querySelector("button[name=_parameters_as]")?.focus();
  });
  form.addEventListener("submit", (event) => {
    // What a browser cannot read as a number it would send as nothing at all.
    const unfit = [...form.elements].find((one) => one.validity?.badInput);
    if (!unfit) return;
    event.preventDefault();
    say(place.dataset.unfit);
    unfit.focus();
  });
}

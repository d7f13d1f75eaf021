// Choices that another script lists: asked for when the form opens and when a value that
// they depend on changes, and again for as long as they are being listed.

const WAIT_MS = 500;

export function offerChoices(offer, form, typed) {
  const said = offer.querySelector("[role=status]");
  const list = document.getElementById(`choices-${offer.dataset.offer}`);
  const needs = offer.dataset.needs.split(" ").map((name) => `parameter-${name}`);
  const anew = offer.querySelector("button");
  let timer = 0;
  let asked = null;

  async function ask(refresh) {
    // Another script's fields may have taken its place.
    if (!offer.isConnected) return;
    asked?.abort();
    asked = new AbortController();
    const body = typed();
    body.set("choices_of", offer.dataset.offer);
    if (refresh) body.set("refresh", "");
    let answer;
    try {
      answer = await fetch(form.dataset.offers, { method: "POST", body, signal: asked.signal });
    } catch (error) {
      if (error.name === "AbortError") return; // A value changed meanwhile.
      if (!(error instanceof TypeError)) throw error;
    }
    const isThere = answer?.ok && !answer.redirected;
    const found = isThere ? await answer.json().catch(() => null) : null;
    if (found === null) {
      said.textContent = form.dataset.silence;
    } else {
      show(found);
    }
    anew.hidden = found?.again_s != null;
  }

  function show(found) {
    if (said.textContent !== found.sentence) said.textContent = found.sentence;
    list.replaceChildren(...found.options.map(([value, label]) => {
      const option = document.createElement("option");
      option.value = value;
      option.label = label;
      return option;
    }));
    if (found.again_s != null) later(found.again_s * 1000);
  }

  function later(ms) {
    clearTimeout(timer);
    timer = setTimeout(ask, ms, false);
  }

  anew.addEventListener("click", () => ask(true));
  form.addEventListener("input", (event) => {
    if (needs.includes(event.target.name)) later(WAIT_MS);
  });
  ask(false);
}

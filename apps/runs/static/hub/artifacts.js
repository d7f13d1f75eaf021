// Fetches the preview of a file when somebody unfolds it. What comes is the hub's own
// HTML, in which all that a file holds is text.

async function fill(details) {
  const address = details.dataset.fetch;
  if (!address || !details.open) return;
  delete details.dataset.fetch;
  const body = details.querySelector(".hub-artifact-body");
  body.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    // Whoever is signed out meanwhile is led to another page.
    if (!answer.ok || answer.redirected) throw new Error(`status ${answer.status}`);
    body.innerHTML = await answer.text();
  } catch {
    const problem = document.createElement("p");
    problem.className = "hub-artifact-problem";
    problem.textContent = details.closest("[data-say-failed]").dataset.sayFailed;
    body.querySelector(".hub-artifact-problem")?.remove();
    body.append(problem);
    // The next time that it is unfolded it is tried again.
    details.dataset.fetch = address;
  } finally {
    body.removeAttribute("aria-busy");
  }
}

function fillAll() {
  document.querySelectorAll(".hub-artifact-preview[open][data-fetch]").forEach(fill);
}

// The event does not bubble; it is caught on its way down, also of what comes later.
document.addEventListener(
  "toggle",
  (event) => {
    if (event.target.matches?.(".hub-artifact-preview")) fill(event.target);
  },
  true,
);
// The run's page says so when it has put a part of itself anew.
document.addEventListener("hub:shown", fillAll);
fillAll();

// A form that starts something bears a token, so that a double click starts it once.
// Whoever comes back to its page, or stays there while what it started is shown
// elsewhere, means another click later on.
const SAME_CLICK_MS = 30_000;

function token() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function renew(root) {
  for (const field of root.querySelectorAll("input[name=once]")) field.value = token();
}

document.addEventListener("submit", ({ target }) => {
  setTimeout(() => renew(target), SAME_CLICK_MS);
});
window.addEventListener("pageshow", ({ persisted }) => {
  // The browser kept the page as it was when it was left.
  if (persisted) renew(document);
});

// A form that starts something bears a token, so that a double click starts it once.
// Whoever comes back to its page, or stays there while what it started is shown
// elsewhere, means another click later on.
const SAME_CLICK_MS = 30_000;
// Whoever sends the same form again so soon means the same click. Without this module the
// hub takes it for once all the same.
const TWICE_MS = 1000;
const sentAt = new WeakMap();

function token() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function renew(root) {
  for (const field of root.querySelectorAll("input[name=once]")) field.value = token();
}

document.addEventListener("submit", (event) => {
  const { target, timeStamp } = event;
  if (event.defaultPrevented) return;
  if (timeStamp - (sentAt.get(target) ?? -TWICE_MS) < TWICE_MS) {
    event.preventDefault();
    return;
  }
  sentAt.set(target, timeStamp);
  setTimeout(() => renew(target), SAME_CLICK_MS);
});
window.addEventListener("pageshow", ({ persisted }) => {
  // The browser kept the page as it was when it was left.
  if (persisted) renew(document);
});

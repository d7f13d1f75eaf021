// Closes a list's open filter as people expect: with Escape, or by a click elsewhere.
const open = () => document.querySelector("details.hub-filter[open]");

document.addEventListener("click", (event) => {
  const filter = open();
  if (filter && !filter.contains(event.target)) filter.open = false;
});
document.addEventListener("keydown", (event) => {
  const filter = open();
  if (event.key !== "Escape" || !filter) return;
  filter.open = false;
  filter.querySelector("summary").focus();
});

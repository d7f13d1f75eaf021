// Keys that do what the buttons do, where nobody is typing or choosing.

const KEYS = {
  f: "follow",
  "/": "find",
  n: "next",
  N: "previous",
  e: "error",
  g: "top",
  G: "end",
  w: "wrap",
  t: "times",
};
const TYPING = "input, textarea, select, [contenteditable]";

export function listen(root, act) {
  document.addEventListener("keydown", (event) => {
    const action = KEYS[event.key];
    const { target } = event;
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    // Elsewhere in the page letters belong to what has the focus.
    const isHere = target === document.body || root.contains(target);
    if (!isHere || target.closest?.(TYPING)) return;
    event.preventDefault();
    act(action);
  });
}

// Makes an element what a fresh one is by touching only what differs: the focus, a
// selection, what somebody has folded out and where they have scrolled stay.

// What the reader changes and the server does not know of.
const OWN = new Set(["open"]);

export function morph(here, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (here.getAttribute(name) !== value) here.setAttribute(name, value);
  }
  for (const { name } of [...here.attributes]) {
    if (!fresh.hasAttribute(name) && !OWN.has(name)) here.removeAttribute(name);
  }
  let at = here.firstChild;
  for (const node of [...fresh.childNodes]) {
    const match = find(at, node);
    if (!match) {
      here.insertBefore(node, at);
      continue;
    }
    at = removeUntil(at, match);
    if (match.nodeType === Node.ELEMENT_NODE) morph(match, node);
    else if (match.nodeValue !== node.nodeValue) match.nodeValue = node.nodeValue;
    at = match.nextSibling;
  }
  removeUntil(at, null);
}

// The node that stands for a fresh one: the next, or what bears the same name further on.
function find(at, node) {
  if (at && isAlike(at, node)) return at;
  const isNamed = Boolean(node.id || node.dataset?.key);
  for (let one = at; isNamed && one; one = one.nextSibling) {
    if (isAlike(one, node)) return one;
  }
  return null;
}

// A button never turns into another one under somebody's finger.
function isAlike(one, other) {
  return (
    one.nodeName === other.nodeName &&
    one.id === other.id &&
    one.dataset?.key === other.dataset?.key
  );
}

function removeUntil(at, end) {
  let one = at;
  while (one !== end) {
    const gone = one;
    one = one.nextSibling;
    gone.remove();
  }
  return one;
}

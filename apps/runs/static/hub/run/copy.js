// "Copy link": into the clipboard, or marked in a field where browsers refuse that. It is
// a link, so that it works without scripts too.

export function offerLink(root, say) {
  root.addEventListener("click", async (event) => {
    const link = event.target.closest("#hub-copy");
    // Opened in another tab, say.
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    // With the line that is pointed at.
    const line = /^#L\d+$/.test(location.hash) ? location.hash : "";
    const isDone = await copy(root, `${link.href}${line}`);
    say(isDone ? root.dataset.copied : root.dataset.uncopied);
  });
}

async function copy(root, address) {
  const place = root.querySelector(".hub-run-address");
  try {
    // Over plain HTTP there is no clipboard.
    await navigator.clipboard.writeText(address);
    place.hidden = true;
    return true;
  } catch {
    const field = place.querySelector("input");
    place.hidden = false;
    field.value = address;
    field.select();
    return false;
  }
}

// Shows moments in the viewer's zone. The server writes them in the hub's:
//   <time datetime="2026-03-08T07:30:00Z" title="2026-03-08 07:30:00 UTC" data-show="full">
// data-show is full, minute, short or time; the first two name the zone, and
// <span data-zone> says it for a page with the others. Whoever puts new elements into a
// page calls showMoments(element), or sends it the event "hub:shown", which bubbles.

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const language = document.documentElement.lang || "en";
const digits = new Intl.DateTimeFormat("en", {
  year: "numeric", month: "2-digit", day: "2-digit",
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});
const name = new Intl.DateTimeFormat(language, { timeZoneName: "short" });

function zoneName(moment) {
  const part = name.formatToParts(moment).find((each) => each.type === "timeZoneName");
  return part ? part.value : ZONE;
}

export function momentText(moment, style = "full") {
  const at = Object.fromEntries(
    digits.formatToParts(moment).map((part) => [part.type, part.value]),
  );
  const time = `${at.hour}:${at.minute}`;
  switch (style) {
    case "time": return time;
    case "short": return `${at.month}-${at.day} ${time}`;
    case "minute": return `${at.year}-${at.month}-${at.day} ${time} ${zoneName(moment)}`;
    default:
      return `${at.year}-${at.month}-${at.day} ${time}:${at.second} ${zoneName(moment)}`;
  }
}

export function showMoments(root) {
  for (const element of root.querySelectorAll("time[datetime], text[data-moment]")) {
    const moment = new Date(element.dateTime || element.dataset.moment);
    if (Number.isNaN(moment.getTime())) continue;
    element.textContent = momentText(moment, element.dataset.show);
  }
  for (const element of root.querySelectorAll("[data-zone]")) {
    element.textContent = `${ZONE} (${zoneName(new Date())})`;
  }
}

document.addEventListener("hub:shown", (event) => showMoments(event.target));
showMoments(document);

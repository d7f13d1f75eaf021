// One row of the log as an element. Text only ever becomes text.

import { pieces } from "./ansi.js";

function make(tag, css, text) {
  const element = document.createElement(tag);
  element.className = css;
  if (text !== undefined) element.textContent = text;
  return element;
}

// A row of a line that is on its way.
export function waiting(number) {
  const row = make("div", "hub-line hub-line-waiting");
  row.append(make("span", "hub-line-n", number), make("span", "hub-line-text", "…"));
  return row;
}

export function said(texts, css = "hub-line-hub") {
  const row = make("div", `hub-line ${css}`);
  row.append(make("span", "hub-line-n", ""));
  row.append(make("span", "hub-line-text", texts.join(" ")));
  return row;
}

// `matcher` is a global RegExp or null, `clock` shows a time or is null.
export function lineRow(line, { isMarked, matcher, clock, say }) {
  const row = make("div", `hub-line hub-line-${line.stream}`);
  if (isMarked) row.classList.add("hub-line-marked");
  row.dataset.line = line.n;
  for (const text of line.notes) row.append(make("span", "hub-line-note", text));
  const number = make("a", "hub-line-n", line.n);
  number.href = `#L${line.n}`;
  number.setAttribute("aria-label", say("link", { n: line.n }));
  // In the page's order of focus thousands of numbers would be in the way.
  number.tabIndex = -1;
  row.append(number);
  if (clock && line.at) row.append(clock(line.at));
  row.append(content(line.text, matcher));
  if (line.cut) {
    const mark = make("span", "hub-line-cut", "…");
    mark.title = say("cut");
    row.append(mark);
  }
  return row;
}

function content(text, matcher) {
  const shown = make("span", "hub-line-text");
  const parts = pieces(text);
  const ranges = matcher ? matches(parts, matcher) : [];
  if (!ranges.length && parts.length === 1 && !parts[0].css) {
    shown.textContent = parts[0].text;
    return shown;
  }
  let at = 0;
  for (const part of parts) {
    const holder = part.css ? shown.appendChild(make("span", part.css)) : shown;
    mark(holder, part.text, at, ranges);
    at += part.text.length;
  }
  return shown;
}

function matches(parts, matcher) {
  const whole = parts.map((part) => part.text).join("");
  const ranges = [];
  matcher.lastIndex = 0;
  for (const found of whole.matchAll(matcher)) {
    ranges.push([found.index, found.index + found[0].length]);
    if (ranges.length === 200) break;
  }
  return ranges;
}

// Add a part's text, with what is found in it marked; a match may go over parts.
function mark(holder, text, at, ranges) {
  let done = 0;
  for (const [start, end] of ranges) {
    const from = Math.max(start - at, done);
    const to = Math.min(end - at, text.length);
    if (from >= to) continue;
    if (from > done) holder.append(text.slice(done, from));
    holder.append(make("mark", "hub-line-match", text.slice(from, to)));
    done = to;
  }
  if (done < text.length) holder.append(text.slice(done));
}

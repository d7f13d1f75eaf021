// What a terminal would show of a line: pieces of text, each with the classes of its
// colours. Escape sequences that are not about colours are dropped.

const ESCAPE =
  /(?:\x1b\[|\x9b)([0-?]*)[ -/]*([@-~])?|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]?/y;
const SPECIAL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;
const MOST_PIECES = 400;
const SWITCHES = { 1: "bold", 2: "dim", 3: "italic", 4: "under", 7: "inverse", 9: "strike" };
const OFF = {
  22: ["bold", "dim"],
  23: ["italic"],
  24: ["under"],
  27: ["inverse"],
  29: ["strike"],
};
// The eight colours, by which a colour of the 256 or a mixed one is replaced: theirs
// are readable in both themes.
const RGB = [
  [0, 0, 0], [205, 0, 0], [0, 205, 0], [205, 205, 0],
  [0, 0, 238], [205, 0, 205], [0, 205, 205], [229, 229, 229],
];

export function pieces(text) {
  if (!SPECIAL.test(text)) return [{ text, css: "" }];
  const cells = [];
  const styles = { fg: null, bg: null, on: new Set() };
  let css = "";
  let column = 0;
  for (let index = 0; index < text.length; ) {
    const character = String.fromCodePoint(text.codePointAt(index));
    if (character === "\x1b" || character === "\x9b" || character === "\x9d") {
      ESCAPE.lastIndex = index;
      const found = ESCAPE.exec(text);
      index += found ? found[0].length : 1;
      if (found?.[2] === "m") {
        css = restyle(styles, found[1]);
      } else if (found?.[2] === "K") {
        erase(cells, column, found[1]);
      }
      continue;
    }
    index += character.length;
    if (character === "\r") column = 0;
    else if (character === "\b") column = Math.max(0, column - 1);
    else if (!SPECIAL.test(character)) cells[column++] = { character, css };
  }
  return joined(cells);
}

export function plain(text) {
  return SPECIAL.test(text) ? pieces(text).map((piece) => piece.text).join("") : text;
}

function erase(cells, column, how) {
  if (how === "" || how === "0") cells.length = Math.min(cells.length, column);
  if (how === "1") cells.fill({ character: " ", css: "" }, 0, column + 1);
  if (how === "2") cells.fill({ character: " ", css: "" });
}

function joined(cells) {
  const found = [];
  // A cell that was jumped over has nothing in it.
  for (let index = 0; index < cells.length; index += 1) {
    const { character, css } = cells[index] ?? { character: " ", css: "" };
    const last = found[found.length - 1];
    if (last && (last.css === css || found.length >= MOST_PIECES)) last.text += character;
    else found.push({ text: character, css });
  }
  return found;
}

// Apply the numbers of one SGR sequence, and return the classes that stand from now on.
function restyle(styles, text) {
  const numbers = text.split(/[;:]/).map((part) => Number(part) || 0);
  while (numbers.length) {
    const number = numbers.shift();
    if (number === 0) {
      styles.fg = styles.bg = null;
      styles.on.clear();
    } else if (SWITCHES[number]) styles.on.add(SWITCHES[number]);
    else if (OFF[number]) OFF[number].forEach((name) => styles.on.delete(name));
    else if (number >= 30 && number <= 37) styles.fg = number - 30;
    else if (number >= 90 && number <= 97) styles.fg = number - 82;
    else if (number >= 40 && number <= 47) styles.bg = number - 40;
    else if (number >= 100 && number <= 107) styles.bg = number - 92;
    else if (number === 38) styles.fg = mixed(numbers);
    else if (number === 48) styles.bg = mixed(numbers);
    else if (number === 39) styles.fg = null;
    else if (number === 49) styles.bg = null;
  }
  const names = [...styles.on].map((name) => `ansi-${name}`);
  if (styles.fg !== null) names.push(`ansi-fg-${styles.fg}`);
  if (styles.bg !== null) names.push("ansi-bg", `ansi-bg-${styles.bg}`);
  return names.join(" ");
}

function mixed(numbers) {
  const kind = numbers.shift();
  if (kind === 2) return nearest(numbers.splice(0, 3));
  if (kind !== 5) return null;
  const index = numbers.shift() ?? 0;
  if (index < 16) return index;
  if (index >= 232) return index < 244 ? 8 : 7;
  const level = (step) => (step ? 55 + step * 40 : 0);
  const cube = index - 16;
  return nearest([
    level(Math.floor(cube / 36)),
    level(Math.floor(cube / 6) % 6),
    level(cube % 6),
  ]);
}

function nearest(rgb) {
  const away = (other) => other.reduce((sum, part, i) => sum + (part - (rgb[i] ?? 0)) ** 2, 0);
  return RGB.reduce((best, other, i) => (away(other) < away(RGB[best]) ? i : best), 0);
}

// A list of any number of rows, of which only those in sight are in the page.
//
// What stands still is a point of a row at a height of the view (`anchor`), not where
// the scroll bar is: rows may be of any height, and there may be more of them than a
// browser can scroll over. Small movements move the anchor; large ones, such as those
// of the bar, set it by their share of the way. When the scrolling rests the bar is put
// where it belongs.

// Browsers stop at heights from about 17,000,000 px on.
const MOST_PX = 15_000_000;
const SPARE_ROWS = 4;
const REST_MS = 150;
// So many leave room below for what else the page has; log.css makes the view lower.
const FEW_ROWS = 10;

export class Rows {
  // `source` has rowCount, key(row), build(row) -> element, version(row) (what `build`
  // depends on), chars(row), and need(from, to), which is told what is drawn. `onScroll(isUp, isAtEnd)` is called when somebody
  // scrolls, `onRest()` when they stop.
  constructor(view, source, { onScroll, onRest }) {
    this.view = view;
    this.source = source;
    this.onScroll = onScroll;
    this.onRest = onRest;
    this.canvas = view.appendChild(document.createElement("div"));
    this.canvas.className = "hub-log-canvas";
    this.sheet = this.canvas.appendChild(document.createElement("div"));
    this.sheet.className = "hub-log-sheet";
    this.anchor = { row: 0, part: 0, y: 0 };
    this.first = { row: 0, part: 0, y: 0 };
    this.drawn = new Map();
    this.isWrapped = false;
    this.scrolledTo = 0;
    this.share = 0;
    this.timer = 0;
    this.frame = 0;
    view.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.resized()).observe(view);
    this.measure();
  }

  measure() {
    const style = getComputedStyle(this.view);
    this.rowPx = Number.parseFloat(style.lineHeight) || 18;
    this.height = this.view.clientHeight;
    // Narrower than any letter is: a row is never lower than it is taken to be.
    this.columns = Math.max(10, this.view.clientWidth / (this.rowPx * 0.38));
  }

  resized() {
    const wasAtEnd = this.isAtEnd;
    this.measure();
    if (wasAtEnd) this.goToEnd();
    else this.redraw();
  }

  get farthest() {
    return Math.max(0, this.canvasPx - this.height);
  }

  get isAtEnd() {
    return this.view.scrollTop >= this.farthest - 1;
  }

  // -- Going somewhere ---------------------------------------------------------------
  goToEnd() {
    this.anchor = { row: Math.max(0, this.source.rowCount - 1), part: 1, y: this.height };
    this.redraw();
  }

  // Show a row a third down; nothing else moves it from there.
  goTo(row, y = this.height / 3) {
    this.anchor = { row, part: 0, y };
    this.redraw();
  }

  scrolled() {
    const top = this.view.scrollTop;
    const moved = top - this.scrolledTo;
    if (!moved) return;
    this.scrolledTo = top;
    const isEnd = top <= 0 || top >= this.farthest - 1;
    if (isEnd || Math.abs(moved) > 4 * this.height) {
      this.setShare(this.farthest ? Math.min(1, top / this.farthest) : 0);
    } else {
      this.anchor = this.nearer({ ...this.first, y: this.first.y - moved });
    }
    this.draw();
    this.onScroll(moved < 0, this.isAtEnd);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.rest(), REST_MS);
  }

  // Return an anchor at about the same place that is no farther than a view away.
  nearer({ row, part, y }) {
    while (y < -this.height && row < this.source.rowCount - 1) {
      y += this.leastPx(row);
      row += 1;
    }
    while (y > 2 * this.height && row > 0) {
      row -= 1;
      y -= this.leastPx(row);
    }
    return { row, part, y };
  }

  // At the share t of the way the point at t of all rows is at t of the view.
  setShare(share) {
    const at = share * this.source.rowCount;
    const row = Math.min(Math.floor(at), Math.max(0, this.source.rowCount - 1));
    this.anchor = { row, part: at - row, y: share * this.height };
  }

  rest() {
    this.timer = 0;
    this.setBar();
    this.onRest();
  }

  setBar() {
    const top = this.share * this.farthest;
    if (Math.abs(top - this.view.scrollTop) >= 1) this.view.scrollTop = top;
    this.scrolledTo = this.view.scrollTop;
  }

  // -- Drawing -----------------------------------------------------------------------
  // Draw before the next picture; many calls are one.
  soon() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.redraw();
    });
  }

  redraw() {
    this.draw();
    // Who scrolls just now would be held up.
    if (!this.timer) this.setBar();
  }

  draw() {
    const count = this.source.rowCount;
    this.view.classList.toggle("hub-log-short", count <= FEW_ROWS);
    const px = Math.max(this.height, Math.min(count * this.rowPx, MOST_PX));
    if (px !== this.canvasPx) {
      this.canvasPx = px;
      this.canvas.style.height = `${px}px`;
    }
    if (this.anchor.row >= count) {
      this.anchor = { row: Math.max(0, count - 1), part: 1, y: this.height };
    }
    let [shift, isShort] = this.place(count);
    if (isShort) {
      this.anchor = { row: count - 1, part: 1, y: this.height };
      [shift] = this.place(count);
    }
    this.sheet.style.transform = `translateY(${shift}px)`;
    this.note(shift, count);
  }

  // Put the rows around the anchor into the page. Returns how far they are moved, and
  // whether they end before the view does though there are more above.
  place(count) {
    const [from, to] = this.range(count);
    this.source.need(from, to);
    this.fill(from, to);
    const element = this.drawn.get(this.source.key(this.anchor.row))?.element;
    if (!element) return [0, false];
    const { part, y } = this.anchor;
    let shift = y - part * element.offsetHeight - element.offsetTop;
    const last = this.sheet.lastElementChild;
    const end = last.offsetTop + last.offsetHeight;
    if (to === count && shift + end < this.height) shift = this.height - end;
    if (from === 0 && shift > 0) shift = 0;
    return [shift, from > 0 && shift > 0];
  }

  // Rows from and to (without it) that fill the view at least.
  range(count) {
    let { row: from, y } = this.anchor;
    let above = y + SPARE_ROWS * this.rowPx;
    while (from > 0 && above > 0) {
      from -= 1;
      above -= this.leastPx(from);
    }
    let { row: to } = this.anchor;
    let below = this.height - y + (SPARE_ROWS + 1) * this.rowPx;
    below += this.anchor.part * this.leastPx(to);
    while (to < count && (below > 0 || to === this.anchor.row)) {
      below -= this.leastPx(to);
      to += 1;
    }
    return [from, to];
  }

  leastPx(row) {
    if (!this.isWrapped) return this.rowPx;
    return this.rowPx * Math.max(1, Math.floor(this.source.chars(row) / this.columns));
  }

  fill(from, to) {
    const keep = new Set();
    for (let row = from; row < to; row += 1) keep.add(this.source.key(row));
    for (const [key, { element }] of this.drawn) {
      if (keep.has(key)) continue;
      element.remove();
      this.drawn.delete(key);
    }
    let next = this.sheet.firstElementChild;
    for (let row = from; row < to; row += 1) {
      const known = this.drawn.get(this.source.key(row))?.element;
      const element = this.element(row);
      if (known && known !== element) {
        if (known === next) next = next.nextElementSibling;
        known.remove();
      }
      if (element === next) next = next.nextElementSibling;
      else this.sheet.insertBefore(element, next);
    }
  }

  element(row) {
    const key = this.source.key(row);
    const version = this.source.version(row);
    const known = this.drawn.get(key);
    if (known && version.every((part, i) => part === known.version[i])) {
      known.row = row;
      return known.element;
    }
    const element = this.source.build(row);
    this.drawn.set(key, { element, version, row });
    return element;
  }

  // Remember which row is the first in sight, and which share of the way that is.
  note(shift, count) {
    const seen = [...this.drawn.values()].sort((a, b) => a.row - b.row);
    let from = 0;
    let to = count;
    let isFirst = true;
    for (const { element, row } of seen) {
      const px = element.offsetHeight;
      const y = shift + element.offsetTop;
      if (isFirst && y + px > 0) {
        isFirst = false;
        this.first = { row, part: 0, y };
        from = row - y / px;
      }
      if (y < this.height && y + px >= this.height) to = row + (this.height - y) / px;
    }
    const inSight = to - from;
    this.share = count > inSight ? Math.min(1, Math.max(0, from / (count - inSight))) : 0;
  }

  get lastInSight() {
    let last = this.first.row;
    const view = this.view.getBoundingClientRect().bottom;
    for (const { element, row } of this.drawn.values()) {
      if (element.getBoundingClientRect().top < view) last = Math.max(last, row);
    }
    return last;
  }
}

// Elapsed times by the hub's clock, in the words of the page's language.

export class Clock {
  constructor(units) {
    this.units = units.split(" ");
    // By how much this clock is ahead of the hub's.
    this.ahead = 0;
  }

  settle(head) {
    if (head) this.ahead = Date.now() / 1000 - Number(head.dataset.now);
  }

  elapsed(since) {
    return Math.max(Date.now() / 1000 - this.ahead - Number(since), 0);
  }

  text(seconds) {
    const [s, m, h, d] = this.units;
    const whole = Math.floor(seconds);
    if (whole < 60) return `${whole} ${s}`;
    const minutes = Math.floor(whole / 60);
    if (minutes < 60) return `${minutes} ${m} ${whole % 60} ${s}`;
    const hours = Math.floor(minutes / 60);
    if (hours < 24) return `${hours} ${h} ${minutes % 60} ${m}`;
    return `${Math.floor(hours / 24)} ${d} ${hours % 24} ${h}`;
  }

  show(root) {
    for (const element of root.querySelectorAll("[data-elapsed]")) {
      const text = this.text(this.elapsed(element.dataset.elapsed));
      if (element.textContent !== text) element.textContent = text;
    }
    for (const bar of root.querySelectorAll("progress[data-since]")) {
      bar.value = this.elapsed(bar.dataset.since);
    }
    for (const head of root.querySelectorAll("[data-over]")) {
      const { since, over } = head.dataset;
      head.classList.toggle("hub-is-over", this.elapsed(since) > Number(over));
    }
  }
}

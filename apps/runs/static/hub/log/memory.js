// What a browser remembers: how one reads logs, and where one was in this one.

function store(kind) {
  try {
    return window[kind];
  } catch {
    // Forbidden in this browser; nothing is remembered then.
    return null;
  }
}

export class Memory {
  constructor(run) {
    this.key = `hub-log:${run}`;
  }

  get place() {
    return read(store("sessionStorage"), this.key);
  }

  set place(place) {
    write(store("sessionStorage"), this.key, place);
  }

  get habits() {
    return read(store("localStorage"), "hub-log") ?? {};
  }

  set habits(habits) {
    write(store("localStorage"), "hub-log", habits);
  }
}

function read(storage, key) {
  try {
    return JSON.parse(storage?.getItem(key) ?? "null");
  } catch {
    // Not ours, or from another version.
    return null;
  }
}

function write(storage, key, value) {
  try {
    storage?.setItem(key, JSON.stringify(value));
  } catch {
    // Full: where one was is no reason to fail.
  }
}

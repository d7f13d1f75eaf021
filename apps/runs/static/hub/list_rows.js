// A text area with an item a line becomes a row for each item. The text area stays, out
// of sight: it is what is sent.

export function makeRows(area, words) {
  const rows = document.createElement("div");
  rows.className = "hub-rows";
  const choices = area.dataset.choices?.split("\n") ?? [];
  const list = choices.length ? choicesOf(area, choices) : null;
  const listId = list?.id ?? area.getAttribute("list");
  const add = button(words.add, "+ ");
  rows.append(add);

  const inputs = () => [...rows.querySelectorAll("input")];

  function write() {
    area.value = inputs().map((input) => input.value).join("\n");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function addRow(value) {
    const row = document.createElement("div");
    const input = document.createElement("input");
    input.type = "text";
    input.className = "vTextField";
    input.value = value;
    if (listId) input.setAttribute("list", listId);
    for (const name of ["aria-describedby", "aria-invalid"]) {
      if (area.hasAttribute(name)) input.setAttribute(name, area.getAttribute(name));
    }
    const remove = button(words.remove, "");
    remove.addEventListener("click", () => {
      const next = row.nextElementSibling.querySelector("input") ?? add;
      row.remove();
      write();
      next.focus();
    });
    row.append(input, remove);
    rows.insertBefore(row, add);
    number();
    return input;
  }

  function number() {
    const label = area.labels[0]?.firstChild.textContent.trim() ?? area.name;
    inputs().forEach((input, index) => {
      input.setAttribute("aria-label", `${label}: ${words.item} ${index + 1}`);
    });
  }

  rows.addEventListener("input", write);
  // Pasting several lines makes several rows, as it would in the text area.
  rows.addEventListener("paste", (event) => {
    const lines = event.clipboardData.getData("text").replaceAll("\r\n", "\n").split("\n");
    if (lines.length < 2 || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    while (lines.at(-1) === "") lines.pop();
    const [first, ...more] = lines;
    event.target.value += first ?? "";
    for (const line of more) addRow(line);
    write();
  });
  add.addEventListener("click", () => {
    addRow("").focus();
    write();
  });
  for (const line of area.value.split("\n")) addRow(line);
  area.labels[0]?.addEventListener("click", (event) => {
    event.preventDefault();
    inputs()[0]?.focus();
  });
  area.after(rows);
  if (list) area.after(list);
  const hadFocus = document.activeElement === area || area.autofocus;
  area.hidden = true;
  if (hadFocus) inputs()[0]?.focus();
}

function choicesOf(area, choices) {
  const list = document.createElement("datalist");
  list.id = `${area.id}-choices`;
  list.append(...choices.map((choice) => new Option(choice, choice)));
  return list;
}

function button(text, before) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "hub-row-button";
  made.textContent = before + text;
  return made;
}

// Sections of sub-commands: only those of the chosen one are shown and sent.

export function showChosen(form) {
  const sections = [...form.querySelectorAll("[data-when]")].map((section) => ({
    section,
    when: JSON.parse(section.dataset.when),
  }));

  const value = (name) => {
    const named = form.querySelectorAll(`[name="parameter-${CSS.escape(name)}"]`);
    // What is disabled is of a command that is not chosen.
    const controls = [...named].filter((one) => !one.matches(":disabled"));
    const isChoice = (one) => one.type !== "radio" || one.checked;
    return controls.find(isChoice)?.value ?? "";
  };

  function update() {
    // What is chosen within a command shows further sections: twice is as deep as a
    // section that is shown by the first pass can reach, and so on.
    for (let pass = 0; pass < sections.length; pass += 1) {
      let changed = false;
      for (const { section, when } of sections) {
        const isChosen = when.some((all) => all.every(([name, text]) => value(name) === text));
        // What is wrong stays in sight, whatever is chosen.
        const isShown = isChosen || section.querySelector(".errors") !== null;
        if (section.hidden === isShown) {
          section.hidden = !isShown;
          section.disabled = !isShown;
          changed = true;
        }
      }
      if (!changed) break;
    }
  }

  form.addEventListener("change", update);
  update();
}

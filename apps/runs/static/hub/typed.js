// What is filled in, as a form sends it; a file that is not sent yet has an id of zeros.

const NO_ID = "00000000-0000-0000-0000-000000000000";

export function typed(form) {
  const body = new FormData();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string") body.append(name, value);
    else if (value.name) body.append(name, NO_ID);
  }
  return body;
}

// Asking the hub for parts of the log: what went wrong is told apart by what helps.

// The network, or the hub for now: asking again helps.
export class Away extends Error {}
// Signed out, or the run was deleted: asking again does not help.
export class Lost extends Error {}

export async function ask(address, query, signal) {
  let answer;
  try {
    answer = await fetch(`${address}?${new URLSearchParams(query)}`, {
      headers: { Accept: "application/json" },
      signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Away(error.message);
  }
  if (answer.status >= 500 || answer.status === 429) throw new Away(`${answer.status}`);
  if (!answer.ok || answer.redirected) throw new Lost(`${answer.status}`);
  try {
    return await answer.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    // Broken off, or a proxy's page in its place.
    throw new Away(error.message);
  }
}

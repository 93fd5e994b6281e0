// Files that are being made: their progress is asked for until they are there.
async function watch(row) {
  for (let count = 0; count < 600; count += 1) {
    const answer = await fetch(row.dataset.report).catch(() => null);
    if (answer?.ok) {
      const said = await answer.json();
      if (said.state !== "requested") { location.reload(); return; }
      row.querySelector("progress").value = said.progress;
    }
    await new Promise((done) => { setTimeout(done, 700); });
  }
}
for (const row of document.querySelectorAll("[data-report][data-state=requested]")) watch(row);

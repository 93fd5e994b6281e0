// Plays one part of a recording: the example that an agent works on.
let sound = null;
for (const button of document.querySelectorAll("[data-clip]")) {
  button.addEventListener("click", () => {
    const wasOwn = sound?.owner === button && !sound.paused;
    sound?.pause();
    if (wasOwn) return;
    sound = new Audio(button.dataset.clip);
    sound.owner = button;
    const own = sound;
    own.currentTime = Number(button.dataset.from);
    own.addEventListener("timeupdate", () => { if (own.currentTime >= Number(button.dataset.to)) own.pause(); });
    for (const name of ["play", "pause"]) own.addEventListener(name, () => button.setAttribute("aria-pressed", String(!own.paused)));
    own.play().catch(() => button.setAttribute("aria-pressed", "false"));
  });
}

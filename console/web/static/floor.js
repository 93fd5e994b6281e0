// The live floor: takes the sections the server sends, counts waiting times up, and finds the way back after a break.
const floor = document.getElementById("floor");
// The version in our own address is that of every script: none of an older release is taken from the browser's store.
const release = new URL(import.meta.url).search;
const { Clocks } = await import(`./clocks.js${release}`);
const { Alarms } = await import(`./alarms.js${release}`);
const { LiveStream } = await import(`./stream.js${release}`);
const clocks = new Clocks(floor);
const alarms = new Alarms(document.getElementById("alarms"));
const title = document.title;
document.title = alarms.mark + title;

function show({ now, sections, alarms: told }) {
  clocks.set(now);
  alarms.show(told);
  document.title = alarms.mark + title;
  const focused = document.activeElement?.id;
  for (const [name, html] of Object.entries(sections)) {
    document.getElementById(`floor-${name}`).innerHTML = html;
  }
  if (focused) document.getElementById(focused)?.focus();
  clocks.tick();
  if (parts && Date.now() - divided > EVERY) divide(parts.querySelector("a[aria-current]").dataset.part);
}

// The divided figures: a tab is a link that is followed in place; the tab that is shown is counted anew now and then.
const parts = document.getElementById("parts");
const EVERY = 15000;
let divided = Date.now();

async function divide(address) {
  divided = Date.now();
  try {
    const answer = await fetch(address, { cache: "no-store" });
    if (!answer.ok) return;
    const html = await answer.text();
    const focused = parts.contains(document.activeElement) ? document.activeElement.id : null;
    parts.innerHTML = html;
    if (focused) document.getElementById(focused)?.focus();
  } catch { /* the network is away: the next event tries again */ }
}

parts?.addEventListener("click", (event) => {
  const tab = event.target.closest("a[data-part]");
  if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.replaceState(null, "", tab.href);
  divide(tab.dataset.part);
});

new LiveStream({ url: floor.dataset.stream, event: "floor", here: floor.dataset.stream.replace("stream", "here"), clocks, take: show });

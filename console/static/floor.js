// The live floor: takes the sections the server sends, counts waiting times up, and finds the way back after a break.
const floor = document.getElementById("floor");
const pulse = document.getElementById("pulse");
// The version in our own address is that of every script: none of an older release is taken from the browser's store.
const release = new URL(import.meta.url).search;
const { Clocks } = await import(`./clocks.js${release}`);
const { Alarms } = await import(`./alarms.js${release}`);
const clocks = new Clocks(floor);
const alarms = new Alarms(document.getElementById("alarms"));
const title = document.title;
let stream = null;
let pause = 1000;
document.title = alarms.mark + title;

function say(state) {
  if (pulse.dataset.state === state) return;
  pulse.dataset.state = state;
  pulse.textContent = pulse.dataset[state];
}

function show(message) {
  const { now, sections, alarms: told } = JSON.parse(message.data);
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
  pause = 1000;
  say("live");
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

async function again() {
  // A closed stream is opened by us; first find out whether the session still holds.
  let answer = null;
  try {
    answer = await fetch(floor.dataset.stream.replace("stream", "here"), { cache: "no-store" });
  } catch { /* the network is away: try later */ }
  if (answer?.status === 401) return say("out");
  setTimeout(open, pause);
  pause = Math.min(pause * 2, 15000);
}

function open() {
  stream?.close();
  stream = new EventSource(floor.dataset.stream);
  stream.addEventListener("floor", show);
  stream.onerror = () => {
    // The browser itself tries again, except after a refusal.
    if (stream.readyState === EventSource.CLOSED) { say("lost"); again(); } else { say("lost"); }
  };
}

addEventListener("pagehide", () => stream?.close());
addEventListener("pageshow", (event) => { if (event.persisted) open(); });
open();

// The live floor: takes the sections the server sends, counts waiting times up, and finds the way back after a break.
const floor = document.getElementById("floor");
const pulse = document.getElementById("pulse");
const ringSeconds = Number(floor.dataset.ring);
const TARGET_RINGS = 3;
// The server's clock counts; this machine's may be wrong.
let ahead = Number(floor.dataset.now) - Date.now() / 1000;
let stream = null;
let pause = 1000;

function say(state) {
  if (pulse.dataset.state === state) return;
  pulse.dataset.state = state;
  pulse.textContent = pulse.dataset[state];
}

function two(count) {
  return String(count).padStart(2, "0");
}

function tick() {
  const now = Date.now() / 1000 + ahead;
  for (const time of floor.querySelectorAll("[data-since]")) {
    const seconds = Math.max(0, Math.floor(now - Number(time.dataset.since)));
    time.textContent = `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  }
  for (const count of floor.querySelectorAll("[data-rings]")) {
    const rings = Math.max(0, now - Number(count.dataset.rings)) / ringSeconds;
    count.textContent = (Math.ceil(rings * 10) / 10).toFixed(1);
  }
  for (const row of floor.querySelectorAll("[data-late]")) {
    row.classList.toggle("is-late", (now - Number(row.dataset.late)) / ringSeconds > TARGET_RINGS);
  }
}

function show(message) {
  const { now, sections } = JSON.parse(message.data);
  ahead = now - Date.now() / 1000;
  const focused = document.activeElement?.id;
  for (const [name, html] of Object.entries(sections)) {
    document.getElementById(`floor-${name}`).innerHTML = html;
  }
  if (focused) document.getElementById(focused)?.focus();
  tick();
  pause = 1000;
  say("live");
}

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

setInterval(tick, 200);
addEventListener("pagehide", () => stream?.close());
addEventListener("pageshow", (event) => { if (event.persisted) open(); });
open();

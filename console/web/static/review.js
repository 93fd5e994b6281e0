// One review: jumps to evidence, comments at a second, a draft that saves itself, and keys for everything.
const root = document.querySelector(".review");
const form = document.querySelector("#scorecard");
const box = document.querySelector("#comments-box");
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
const heards = [...document.querySelectorAll("[data-heard]")];
let current = heards[0] ?? null;
let stopAt = null;

const audio = () => current?.querySelector("audio") ?? null;
for (const heard of heards) {
  const sound = heard.querySelector("audio");
  sound?.addEventListener("play", () => { current = heard; place(); });
  sound?.addEventListener("timeupdate", () => {
    if (heard === current) place();
    if (stopAt !== null && heard === current && sound.currentTime >= stopAt) { sound.pause(); stopAt = null; }
  });
}

function jump(button) {
  const wanted = heards.find((heard) => heard.dataset.heard === button.dataset.recording) ?? heards[0];
  if (!wanted?.querySelector("audio")) return;
  if (current !== wanted) audio()?.pause();
  current = wanted;
  audio().currentTime = Math.max(0, Number(button.dataset.at) - 0.3);
  stopAt = button.dataset.until ? Number(button.dataset.until) + 0.7 : null;
  if (audio().paused) current.querySelector(".play").click();
}
root.addEventListener("click", (event) => {
  const button = event.target.closest(".jump");
  if (button) jump(button);
});

// Comments
const label = document.querySelector("#comment-label");
const comment = document.querySelector("#comment");
function place() {
  const form_ = document.querySelector("#comment-form");
  if (!form_ || !current || document.activeElement === comment) return;
  const second = audio()?.currentTime ?? 0;
  form_.elements.second.value = second.toFixed(1);
  form_.elements.recording.value = current.dataset.heard;
  label.textContent = label.dataset.words.replace("{at}", clock(second));
}
document.addEventListener("submit", async (event) => {
  const sent = event.target;
  if (!sent.matches("[data-comments]")) return;
  event.preventDefault();
  const answer = await fetch(sent.action, { method: "POST", body: new FormData(sent), headers: { "X-Requested-With": "fetch" } }).catch(() => null);
  if (!answer?.ok) { show("lost"); return; }
  box.innerHTML = await answer.text();
  if (sent.id === "comment-form") { comment.value = ""; changed(); comment.blur(); }
});

// The draft saves itself: half a second after the last change, again when it failed, and when the page is left.
let timer = null;
let isDirty = false;
let isSaving = false;
let lastSent = "";
const show = (name, on = true) => { const part = document.querySelector(`#${name}`); if (part) part.hidden = !on; };
const say = (text) => { document.querySelector("#saved").textContent = text; };
const body = () => {
  const data = new FormData(form);
  data.set("comment", comment?.value ?? "");
  return data;
};
const fields = () => JSON.stringify([...body()].filter(([name]) => !["csrf_token", "version"].includes(name)));
function changed() {
  isDirty = true;
  say(form.dataset.unsaved);
  clearTimeout(timer);
  timer = setTimeout(save, 500);
}
async function save() {
  if (!form || !isDirty || isSaving) return;
  isSaving = true;
  isDirty = false;
  lastSent = fields();
  say(form.dataset.saving);
  const answer = await fetch(form.dataset.save, { method: "POST", body: body(), headers: { Accept: "application/json" } }).catch(() => null);
  isSaving = false;
  if (answer?.status === 409) { refused(await answer.json()); return; }
  if (!answer?.ok) { isDirty = true; show("lost"); say(form.dataset.unsaved); clearTimeout(timer); timer = setTimeout(save, 4000); return; }
  const said = await answer.json();
  form.elements.version.value = said.version;
  for (const name of ["lost", "stale"]) show(name, false);
  sum(said);
  if (isDirty) changed();
  else say(form.dataset.saved.replace("{at}", new Date().toTimeString().slice(0, 8)));
}
// Left in haste: the server is told, and this window keeps what it may not have heard until it is opened again.
function leave() {
  if (!isDirty && !isSaving) return;
  sessionStorage.setItem(form.dataset.save, JSON.stringify({ now: fields(), sent: lastSent, version: form.elements.version.value }));
  if (document.querySelector("#stale").hidden) navigator.sendBeacon(form.dataset.save, body());
}
function restore() {
  const kept = JSON.parse(sessionStorage.getItem(form.dataset.save) ?? "null");
  sessionStorage.removeItem(form.dataset.save);
  const here = fields();
  if (!kept || kept.now === here) return;
  for (const [name, value] of JSON.parse(kept.now)) {
    if (name === "comment") comment.value = value;
    else if (name.startsWith("answer-")) { const one = form.querySelector(`[name="${name}"][value="${value}"]`); if (one) one.checked = true; }
    else if (form.elements[name]) form.elements[name].value = value;
  }
  if (kept.version === form.elements.version.value || kept.sent === here) changed();
  else refused({ code: "stale", version: form.elements.version.value });
}
function refused(said) {
  isDirty = true;
  say(form.dataset.unsaved);
  show(said.code === "stale" ? "stale" : "gone");
  form.dataset.newest = said.version;
  document.querySelector(said.code === "stale" ? "#stale" : "#gone").scrollIntoView({ block: "center" });
}
function sum(said) {
  const total = document.querySelector("#total");
  total.dataset.fatal = said.fatal ? "yes" : "no";
  total.querySelector("output").textContent = said.score === null ? "–" : said.score.toFixed(1);
  show("fatal", said.fatal);
  left();
}
function left() {
  let open = 0;
  for (const item of items) {
    const answer = item.querySelector("input:checked")?.value;
    if (!answer) open += 1;
    item.classList.toggle("is-open", !answer);
    item.classList.toggle("is-fault", ["yes", "no"].includes(answer) && answer !== item.dataset.good);
  }
  const words = document.querySelector("#left");
  if (words) words.textContent = open ? form.dataset.left.replace("{count}", open) : form.dataset.complete;
}

// Items and keys
const items = [...root.querySelectorAll(".item")];
const evidence = new Map();
let at = -1;
function go(to, isQuiet = false) {
  if (!items.length) return;
  items[at]?.classList.remove("is-now");
  at = Math.min(Math.max(0, to), items.length - 1);
  const item = items[at];
  item.classList.add("is-now");
  if (isQuiet) return;
  (item.querySelector("input:checked") ?? item.querySelector("input"))?.focus({ preventScroll: true });
  item.scrollIntoView({ block: "nearest" });
}
function answer(item, value) {
  const input = [...item.querySelectorAll("input")].find((one) => one.value === value);
  if (!input) return;
  input.checked = true;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}
function press(key) {
  const item = items[at];
  const inputs = [...(item?.querySelectorAll("input") ?? [])];
  if (/^[0-9]$/.test(key) && inputs.length) {
    const wanted = key === "0" ? inputs.find((one) => one.value === "na") : inputs.filter((one) => one.value !== "na")[Number(key) - 1];
    if (wanted) { answer(item, wanted.value); go(at + 1); }
    return true;
  }
  const acts = {
    j: () => go(at + 1), k: () => go(at - 1),
    m: () => { if (item?.dataset.machine) { answer(item, item.dataset.machine); go(at + 1); } },
    e: () => next(item),
    c: () => { place(); audio()?.pause(); comment?.focus(); },
    " ": () => current?.querySelector(".play")?.click(),
    ",": () => seek(-5), ".": () => seek(5),
    "?": () => { const keys = document.querySelector("#keys"); if (keys) keys.open = !keys.open; },
  };
  if (!acts[key]) return false;
  acts[key]();
  return true;
}
function next(item) {
  const places = [...(item?.querySelectorAll(".jump") ?? [])];
  if (!places.length) return;
  const turn = evidence.get(item) ?? 0;
  evidence.set(item, (turn + 1) % places.length);
  jump(places[turn]);
}
function seek(seconds) {
  if (audio()) audio().currentTime = Math.max(0, audio().currentTime + seconds);
}
document.addEventListener("keydown", (event) => {
  const isText = event.target.matches("textarea, select, input:not([type=radio]):not([type=range])");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const sending = event.target.closest("#comment-form") ?? form;
    if (sending) { event.preventDefault(); sending.requestSubmit(); }
    return;
  }
  if (event.key === "Escape" && isText) { event.target.blur(); return; }
  if (isText || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " " && event.target.matches("button, a, summary")) return;
  if (press(event.key.toLowerCase())) event.preventDefault();
});
root.addEventListener("focusin", (event) => {
  const found = items.indexOf(event.target.closest(".item"));
  if (found >= 0 && found !== at) go(found, true);
});

if (form) {
  form.addEventListener("change", () => { left(); changed(); });
  form.addEventListener("input", (event) => { if (event.target.matches("textarea")) changed(); });
  comment?.addEventListener("input", changed);
  form.addEventListener("submit", () => { isDirty = false; isSaving = false; clearTimeout(timer); });
  document.querySelector("#theirs").addEventListener("click", () => { isDirty = false; isSaving = false; location.reload(); });
  document.querySelector("#mine").addEventListener("click", () => { form.elements.version.value = form.dataset.newest; show("stale", false); isDirty = true; save(); });
  addEventListener("pagehide", leave);
  restore();
  left();
  go(Math.max(0, items.findIndex((item) => item.classList.contains("is-open"))));
} else if (document.querySelector("#ruling")) {
  root.addEventListener("change", () => left());
}

// An agent's page: their telephone, who calls, their status. What the server knows comes by the stream, sound by the telephone.
const desk = document.getElementById("desk");
const pulse = document.getElementById("pulse");
const card = document.getElementById("card");
const at = (id) => document.getElementById(id);
const release = new URL(import.meta.url).search;
const { Clocks } = await import(`./clocks.js${release}`);
const { Alarms } = await import(`./alarms.js${release}`);
const clocks = new Clocks(desk);
const alarms = new Alarms(at("alarms"));
const title = document.title;
let phone = null;
let stream = null;
let pause = 1000;
let pressed = "";
let installed = null;

// The server

function say(state) {
  if (pulse.dataset.state === state) return;
  pulse.dataset.state = state;
  pulse.textContent = pulse.dataset[state];
}

async function ask(url, fields = {}) {
  const answer = await fetch(url, { method: "POST", headers: { "X-CSRFToken": desk.dataset.csrf }, body: new URLSearchParams(fields) });
  if (answer.status === 401) signedOut();
  return answer;
}

function take(message) {
  const { now, status, state, held, html, targets, alarms: told } = JSON.parse(message.data);
  clocks.set(now);
  alarms.show(told, phone?.isBusy); // whoever speaks with a caller sees it and hears the caller
  const focused = document.activeElement?.id;
  card.innerHTML = html;
  if (focused && card.contains(at(focused))) at(focused).focus();
  clocks.tick();
  desk.dataset.status = status;
  desk.dataset.state = state;
  at("hold")?.setAttribute("aria-pressed", held);
  // What is being chosen from is not taken away under the fingers.
  if (at("hand-on") && !at("hand-on").open) at("transfer-to").innerHTML = targets;
  for (const button of desk.querySelectorAll("[name=status]")) button.setAttribute("aria-pressed", button.value === status);
  pause = 1000;
  say("live");
  show();
}

function signedOut() {
  stream?.close();
  say("out");
  if (!phone?.isBusy) phone?.close();
}

async function again() {
  let answer = null;
  try {
    answer = await fetch(desk.dataset.here, { cache: "no-store" });
  } catch { /* the network is away: try later */ }
  if (answer?.status === 401) return signedOut();
  setTimeout(listen, pause);
  pause = Math.min(pause * 2, 15000);
}

function listen() {
  stream?.close();
  stream = new EventSource(desk.dataset.stream);
  stream.addEventListener("desk", take);
  stream.onerror = () => {
    say("lost");
    if (stream.readyState === EventSource.CLOSED) again();
  };
}

// The telephone

async function token() {
  const answer = await ask(desk.dataset.token);
  if (!answer.ok) throw Object.assign(new Error(`token: ${answer.status}`), { isFinal: answer.status < 500 });
  return (await answer.json()).token;
}

async function install() {
  const { Phone, TwilioPhone } = await import(desk.dataset.phones);
  const { url, address } = desk.dataset;
  const processing = new URLSearchParams(location.search).get("processing") !== "off";
  phone = Phone ? new Phone({ url, address, token, processing }) : new TwilioPhone({ address, token, ringSeconds: Number(desk.dataset.ring) });
  phone.addEventListener("change", moved);
  phone.addEventListener("microphone", show);
  phone.addEventListener("level", ({ detail }) => { at("said").value = detail.said; at("heard").value = detail.heard; });
  if (desk.dataset.status !== "offline") reachable();
}

// Rings are heard and calls are answered without waiting for a question about the microphone.
function reachable() {
  phone.connect();
  phone.prepare().then(show);
}

function moved() {
  const before = desk.dataset.phone;
  show();
  if (phone.state === "ringing" && before !== "ringing" && !document.activeElement?.matches("input, select, textarea")) at("answer").focus();
  if (before === "talking" && phone.state !== "talking") {
    pressed = "";
    at("pressed").textContent = "";
    if (desk.dataset.status === "offline") phone.close();
  }
}

function show() {
  const state = phone?.state ?? "offline";
  desk.dataset.phone = phone ? state : desk.dataset.phone;
  document.title = alarms.mark + title;
  if (!phone) return;
  for (const part of desk.querySelectorAll("[data-when]")) part.hidden = !part.dataset.when.split(" ").includes(state);
  for (const part of desk.querySelectorAll("[data-microphone]")) part.hidden = part.dataset.microphone !== phone.microphone;
  at("rings").textContent = desk.dataset.ringsAt.replace("{count}", phone.call?.rings ?? "");
  at("mute").setAttribute("aria-pressed", phone.isMuted);
  at("no-line").hidden = desk.dataset.status !== "available" || !["refused", "connecting", "offline"].includes(state);
  at("silent").hidden = state === "offline" || phone.isAudible;
  const caller = card.querySelector(".name .number")?.textContent ?? "";
  if (state === "ringing") document.title = `☎ ${desk.dataset.calls} ${caller}`;
}

// The server knows before the line ends that it was meant to end: one that ends without a word was lost.
async function hangUp() {
  if (phone?.state === "talking") {
    const told = ask(desk.dataset.hangUp).catch(() => {});
    await Promise.race([told, new Promise((done) => setTimeout(done, 800))]);
  }
  phone?.hangUp();
}

function hold() {
  if (phone?.state === "talking") ask(desk.dataset.hold, { held: at("hold").getAttribute("aria-pressed") === "true" ? "0" : "1" });
}

function handOn() {
  if (phone?.state !== "talking") return;
  at("hand-on").open = true;
  at("transfer-to").focus();
}

async function transfer(fields, step = "") {
  const answer = await ask(desk.dataset.transfer + step, fields);
  const fault = at("transfer-fault");
  fault.hidden = answer.ok;
  if (answer.status === 409) fault.textContent = (await answer.json()).text;
  if (answer.ok && !step) { at("hand-on").open = false; at("transfer-note").value = ""; }
}

function step(name) {
  if (card.querySelector(`[data-step=${name}]`)) transfer({}, `/${name}`);
}

async function answer() {
  if (phone?.state !== "ringing") return;
  await phone.prepare().catch(() => {}); // without sound the page says so; the caller is not left ringing for it
  phone.answer();
}

function press(key) {
  if (phone?.state !== "talking") return;
  phone.press(key);
  pressed += key;
  at("pressed").textContent = pressed.slice(-16);
}

function mute() {
  if (phone?.state === "talking") phone.mute(!phone.isMuted);
}

async function choose(status) {
  await installed; // a click may come before the telephone's scripts have
  if (phone && status !== "offline") reachable();
  await ask(desk.dataset.choose, { status });
  if (phone && status === "offline" && !phone.isBusy) phone.close();
}

// Keys

const KEYS = { a: answer, h: hangUp, m: mute, o: hold, t: handOn, b: () => step("back"), g: () => step("merge"), c: () => step("complete") };

function keyboard(event) {
  if (!phone?.isBusy || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  const action = KEYS[event.key.toLowerCase()];
  if (action) {
    event.preventDefault(); // the letter is no input where the focus goes
    action();
  }
  else if (/^[0-9*#]$/.test(event.key)) press(event.key);
}

addEventListener("keydown", keyboard);
desk.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button?.name === "status") choose(button.value);
  else if (button?.name === "key") press(button.value);
  else if (button?.dataset.step) step(button.dataset.step);
  else if (button?.id === "back") ask(desk.dataset.back);
});
if (desk.dataset.kind !== "none") {
  at("answer").addEventListener("click", answer);
  at("reject").addEventListener("click", () => phone.reject());
  at("hang-up").addEventListener("click", hangUp);
  at("hold").addEventListener("click", hold);
  at("transfer").addEventListener("submit", (event) => {
    event.preventDefault();
    transfer({ to: at("transfer-to").value, note: at("transfer-note").value, how: event.submitter?.value ?? "warm" });
  });
  at("mute").addEventListener("click", mute);
  at("silent").addEventListener("click", () => phone.prepare().then(() => setTimeout(show, 200)));
  // The telephone lives on this page: other pages are opened beside it, and it is not left by mistake.
  for (const link of document.querySelectorAll(".top a[href]")) link.target = "_blank";
  addEventListener("beforeunload", (event) => phone?.isBusy && event.preventDefault());
  installed = install();
}
addEventListener("pagehide", () => stream?.close());
addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
listen();

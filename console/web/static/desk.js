// An agent's page: their telephone, who calls, their status. What the server knows comes by the stream, sound by the telephone.
const desk = document.getElementById("desk");
// A click may come before the rest of the scripts has: it is done as soon as it can be.
const early = [];
const keep = ({ target }) => early.push(target);
desk.addEventListener("click", keep);
const card = document.getElementById("card");
const at = (id) => document.getElementById(id);
const release = new URL(import.meta.url).search;
const { Clocks } = await import(`./clocks.js${release}`);
const { Alarms } = await import(`./alarms.js${release}`);
const { LiveStream } = await import(`./stream.js${release}`);
const { presence } = await import(`./presence.js${release}`);
const clocks = new Clocks(desk);
const alarms = new Alarms(at("alarms"));
const title = document.title;
let phone = null;
let pressed = "";
let installed = null;
let isOut = false;
let isGone = false; // on the way to the sign-in page
let place = "nowhere"; // of the agent's telephone: here, elsewhere (in another window) or nowhere
let isElsewhere = false; // this page gave it up to another window
let isTaken = false; // the call that was answered here has reached us
// So long a button waits for what it asks for before it says that nothing came.
const PATIENCE_MS = 3000;

// The server

// A button that asks in vain says why, beside itself. `null`: no answer came.
async function ask(url, fields = {}, button = null) {
  let answer = null;
  clear(button);
  try {
    const body = new URLSearchParams(fields);
    answer = await fetch(url, { method: "POST", headers: { "X-CSRFToken": desk.dataset.csrf }, body, signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch (fault) {
    explain(button, fault.name === "TimeoutError" ? desk.dataset.faultSlow : desk.dataset.faultNetwork);
    return null;
  }
  if (answer.status === 401) presence.out();
  if (!answer.ok) explain(button, await why(answer));
  return answer;
}

async function why(answer) {
  const { faultOut, faultForbidden, faultOther } = desk.dataset;
  if (answer.status === 409) return (await answer.clone().json().catch(() => ({}))).text ?? faultOther;
  return { 401: faultOut, 403: faultForbidden }[answer.status] ?? faultOther;
}

// The card is drawn anew whenever something happens: what is to be read stands after it.
function beside(button) {
  return button && (button.closest("#card") ?? button.closest(".handset, .choice") ?? button);
}

function explain(button, text) {
  const anchor = beside(button);
  if (!anchor) return;
  clear(button);
  const words = Object.assign(document.createElement("p"), { className: "fault beside", textContent: text });
  words.setAttribute("role", "alert");
  words.dataset.after = button.id || button.value;
  anchor.after(words);
}

function clear(button) {
  const words = beside(button)?.nextElementSibling;
  if (words?.classList.contains("beside")) words.remove();
}

function tell(text) {
  at("call-fault").textContent = text;
  at("call-fault").hidden = !text;
}

function take({ now, status, state, held, html, targets, alarms: told }) {
  clocks.set(now);
  alarms.show(told, phone?.isBusy); // whoever speaks with a caller sees it and hears the caller
  const focused = document.activeElement?.id;
  card.innerHTML = html;
  if (focused && card.contains(at(focused))) at(focused).focus();
  clocks.tick();
  // Chosen in another window, too: whoever is offline has no telephone.
  if (desk.dataset.status !== status && status === "offline" && !phone?.isBusy) phone?.close();
  desk.dataset.status = status;
  desk.dataset.state = state;
  at("hold")?.setAttribute("aria-pressed", held);
  // What is being chosen from is not taken away under the fingers.
  if (at("hand-on") && !at("hand-on").open) at("transfer-to").innerHTML = targets;
  for (const button of desk.querySelectorAll("[name=status]")) button.setAttribute("aria-pressed", button.value === status);
  isTaken ||= state === "talking";
  show();
}

// A call that goes on is not cut here: whoever may not go on is cut by the exchange.
function signedOut() {
  isOut = true;
  if (isGone || phone?.isBusy) return;
  isGone = true;
  phone?.close();
  presence.go();
}

// Of several windows the newest has the telephone. This one gives it up once its call is over, and takes it back when
// the other one is gone. While it connects it may just be taking it: what was answered before says nothing.
function hear({ phone: where }) {
  place = where;
  if (!phone || isOut) return;
  if (place === "elsewhere" && ["idle", "refused"].includes(phone.state)) {
    isElsewhere = true;
    phone.close();
  }
  if (place !== "elsewhere" && isElsewhere) {
    isElsewhere = false;
    if (desk.dataset.status !== "offline") reachable();
  }
  show();
}

function takeOver() {
  isElsewhere = false;
  place = "here";
  reachable();
}

// The telephone

async function token() {
  const answer = await ask(desk.dataset.token, { page: presence.page });
  if (!answer) throw new Error("token: no answer");
  if (!answer.ok) throw Object.assign(new Error(`token: ${answer.status}`), { isFinal: answer.status < 500 });
  return (await answer.json()).token;
}

async function install() {
  const { Phone, TwilioPhone } = await import(desk.dataset.phones);
  const { url, address } = desk.dataset;
  const processing = new URLSearchParams(location.search).get("processing") !== "off";
  phone = Phone ? new Phone({ url, address, token, processing, label: presence.page }) : new TwilioPhone({ address, token, ringSeconds: Number(desk.dataset.ring) });
  phone.addEventListener("change", moved);
  phone.addEventListener("microphone", show);
  phone.addEventListener("level", ({ detail }) => { at("said").value = detail.said; at("heard").value = detail.heard; });
  presence.addEventListener("told", ({ detail }) => hear(detail));
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
  if (phone.state === "ringing" && before !== "ringing") {
    isTaken = false;
    tell("");
  }
  if (before === "talking" && phone.state !== "talking") {
    pressed = "";
    at("pressed").textContent = "";
    if (!isTaken && phone.state === "idle") tell(desk.dataset.faultGone);
    if (desk.dataset.status === "offline") phone.close();
  }
  if (isOut) signedOut();
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
  presence.phone = { offline: "none", refused: "none", connecting: "connecting" }[state] ?? "connected";
  at("elsewhere").hidden = !isElsewhere;
  at("no-line").hidden = isElsewhere || desk.dataset.status !== "available" || !["refused", "connecting", "offline"].includes(state);
  at("silent").hidden = state === "offline" || phone.isAudible;
  const caller = card.querySelector(".name .number")?.textContent ?? "";
  if (state === "ringing") document.title = `☎ ${desk.dataset.calls} ${caller}`;
}

// The server knows before the line ends that it was meant to end: one that ends without a word was lost.
async function hangUp() {
  if (phone?.state === "talking") {
    const told = ask(desk.dataset.hangUp);
    await Promise.race([told, new Promise((done) => setTimeout(done, 800))]);
  }
  const call = phone?.call?.id;
  phone?.hangUp();
  await patience();
  if (call && phone.call?.id === call) tell(desk.dataset.faultSlow);
}

function patience() {
  return new Promise((done) => setTimeout(done, PATIENCE_MS));
}

function hold() {
  if (phone?.state === "talking") ask(desk.dataset.hold, { held: at("hold").getAttribute("aria-pressed") === "true" ? "0" : "1" }, at("hold"));
}

function handOn() {
  if (phone?.state !== "talking") return;
  at("hand-on").open = true;
  at("transfer-to").focus();
}

async function transfer(fields, button, step = "") {
  const answer = await ask(desk.dataset.transfer + step, fields, button);
  if (answer?.ok && !step) { at("hand-on").open = false; at("transfer-note").value = ""; }
}

function step(name) {
  const button = card.querySelector(`[data-step=${name}]`);
  if (button) transfer({}, button, `/${name}`);
}

async function answer() {
  if (phone?.state !== "ringing") return;
  await phone.prepare().catch(() => {}); // without sound the page says so; the caller is not left ringing for it
  const call = phone.call?.id;
  phone.answer();
  await patience();
  if (call && phone.call?.id === call && phone.state === "ringing") tell(desk.dataset.faultSlow);
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

async function choose(status, button) {
  await installed; // a click may come before the telephone's scripts have
  if (phone && status !== "offline" && !isElsewhere) reachable();
  const answer = await ask(desk.dataset.choose, { status }, button);
  if (phone && answer?.ok && status === "offline" && !phone.isBusy) phone.close();
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
function clicked(target) {
  const button = target.closest("button");
  if (button?.name === "status") choose(button.value, button);
  else if (button?.name === "key") press(button.value);
  else if (button?.dataset.step) step(button.dataset.step);
  else if (button?.id === "back") ask(desk.dataset.back, {}, button);
}
desk.addEventListener("click", ({ target }) => clicked(target));
const stream = new LiveStream({ url: desk.dataset.stream, event: "desk", here: desk.dataset.here, clocks, take, out: signedOut });
if (desk.dataset.kind !== "none") {
  at("answer").addEventListener("click", answer);
  at("reject").addEventListener("click", () => phone.reject());
  at("hang-up").addEventListener("click", hangUp);
  at("hold").addEventListener("click", hold);
  at("transfer").addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = { to: at("transfer-to").value, note: at("transfer-note").value, how: event.submitter?.value ?? "consult" };
    transfer(fields, at("transfer").querySelector("[name=how]").closest("p"));
  });
  at("mute").addEventListener("click", mute);
  at("take-over").addEventListener("click", takeOver);
  at("silent").addEventListener("click", () => phone.prepare().then(() => setTimeout(show, 200)));
  // The telephone lives on this page: other pages are opened beside it, and it is not left by mistake.
  for (const link of document.querySelectorAll(".top a[href]")) link.target = "_blank";
  addEventListener("beforeunload", (event) => phone?.isBusy && event.preventDefault());
  installed = install();
}
desk.removeEventListener("click", keep);
for (const target of early) clicked(target);

// The dial pad: shows what the telephone does, and passes on what is pressed.
import { Phone } from "./phone.js";
import { choose, dress, language, word } from "./words.js";

const KEYS = [["1", ""], ["2", "ABC"], ["3", "DEF"], ["4", "GHI"], ["5", "JKL"], ["6", "MNO"], ["7", "PQRS"], ["8", "TUV"], ["9", "WXYZ"], ["*", ""], ["0", "+"], ["#", ""]];
const ADDRESS = "phone.address";
const REFUSALS = { 20003: "fault_closed", 21211: "fault_number", 20101: "fault_token" };
const NOTICE_MS = 6000;
const at = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
let phone = null;
let fault = null;
let pressed = "";
let notice = 0;
const moved = watchMoves();

// A number of one's own, kept in this browser, so that a caller is known again.
function ownAddress() {
  const made = () => `+86139${String(Math.floor(Math.random() * 1e8)).padStart(8, "0")}`;
  const address = query.get("address") ?? localStorage.getItem(ADDRESS) ?? made();
  if (!query.has("address")) localStorage.setItem(ADDRESS, address);
  return address;
}

async function token() {
  const answer = await fetch("/phone/token", { method: "POST", body: new URLSearchParams({ address: phone.address }) });
  const told = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(told.message), { code: told.code, isFinal: answer.status < 500 });
  at("numbers").replaceChildren(...told.numbers.map((number) => new Option(number, number)));
  if (!at("to").value && told.numbers.length) at("to").value = told.numbers[0];
  return told.token;
}

function install(address) {
  phone?.close();
  fault = null;
  const url = `${location.origin.replace("http", "ws")}/phones`;
  phone = new Phone({ url, address, token, processing: query.get("processing") !== "off" });
  const mine = phone;
  phone.addEventListener("change", () => {
    if (mine !== phone) return;
    moved();
    show();
  });
  phone.addEventListener("microphone", show);
  phone.addEventListener("level", ({ detail }) => { at("said").value = detail.said; at("heard").value = detail.heard; });
  phone.addEventListener("prompt", ({ detail }) => caption(detail));
  phone.addEventListener("message", ({ detail }) => receive(detail));
  phone.addEventListener("fault", ({ detail }) => { fault = REFUSALS[detail.code] ?? fault; show(); });
  at("address").value = address;
  phone.connect();
}

function caption({ text, state }) {
  if (state !== "start" || !text) return;
  at("caption").textContent = text;
  at("captions").hidden = false;
}

function receive({ from, body, at: sent }) {
  const item = document.createElement("li");
  const head = document.createElement("small");
  const time = (sent ? new Date(sent) : new Date()).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
  head.append(...[from, time].map((text) => Object.assign(document.createElement("span"), { textContent: text })));
  item.append(head, body);
  at("messages").prepend(item);
  at("none").hidden = true;
}

function stateText() {
  const { state, call, last } = phone;
  if (state === "talking" && phone.isMuted) return word("muted");
  if (state === "ringing") return `${word("ringing")} · ${word("ring", { count: call.rings })}`;
  if (state === "dialing" && call.isRinging) return word("ringback");
  if (state === "idle" && last && Date.now() < notice) return word(last.isIncoming && last.reason === "no-answer" ? "canceled" : last.reason);
  return word(state);
}

function show() {
  const { state, call, isBusy } = phone;
  at("phone").dataset.state = state;
  at("state").textContent = stateText();
  at("dial").hidden = isBusy;
  at("who").hidden = !isBusy;
  at("who").textContent = call ? (call.isIncoming ? call.from : call.to) : "";
  at("go").hidden = state === "dialing" || state === "talking";
  at("go").disabled = state !== "ringing" && (state !== "idle" || !at("to").value.trim());
  at("stop").hidden = !isBusy;
  at("mute").hidden = state !== "talking";
  at("mute").setAttribute("aria-pressed", phone.isMuted);
  label(at("go"), state === "ringing" ? "answer" : "call");
  label(at("stop"), state === "ringing" ? "decline" : "hang_up");
  label(at("mute"), phone.isMuted ? "unmute" : "mute");
  const complaint = fault ?? (["refused", "missing"].includes(phone.microphone) ? `microphone_${phone.microphone}` : null);
  at("fault").hidden = !complaint;
  at("fault").textContent = complaint ? word(complaint) : "";
  at("silent").hidden = !(isBusy && phone.microphone !== "unknown" && !phone.isAudible);
  document.title = state === "ringing" ? `☎ ${word("ringing")} ${call.from}` : word("title");
}

function label(button, key) {
  if (button.dataset.tLabel === key) return;
  button.dataset.tLabel = key;
  button.setAttribute("aria-label", word(key));
  button.title = word(key);
}

function tick() {
  const { call, state } = phone;
  const seconds = call ? Math.floor((Date.now() - (call.answeredAt ?? call.since)) / 1000) : 0;
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  at("clock").textContent = state === "talking" ? [time, pressed.slice(-16)].filter(Boolean).join(" · ") : "";
  if (notice && Date.now() >= notice) { notice = 0; show(); }
}

// What people do

async function go() {
  const to = at("to").value.replace(/[^\d+*#a-z:._-]/gi, "");
  // A click or a key stands behind this: the browser allows sound, and asks for the microphone.
  if (phone.state === "idle" && !to) return;
  await phone.prepare();
  if (phone.state === "ringing") phone.answer();
  else if (phone.state === "idle") phone.dial(to);
}

function press(key) {
  if (phone.state === "talking") {
    pressed += key;
    phone.press(key);
    show();
  } else if (!phone.isBusy) {
    at("to").value += key;
    show();
  }
  const button = [...at("keypad").children].find((each) => each.value === key);
  button?.classList.add("is-pressed");
  setTimeout(() => button?.classList.remove("is-pressed"), 150);
}

function keyboard(event) {
  const isWriting = event.target.matches("input");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && phone.isBusy) return phone.hangUp();
  if (isWriting) return;
  if (/^[0-9*#]$/.test(event.key) || (event.key === "+" && !phone.isBusy)) {
    event.preventDefault();
    press(event.key);
  } else if (event.key === "Backspace" && !phone.isBusy) erase();
  else if (event.key.toLowerCase() === "m" && phone.state === "talking") phone.mute(!phone.isMuted);
  else if (event.key === "Enter" && !event.target.matches("button")) go();
}

function erase() {
  at("to").value = at("to").value.slice(0, -1);
  show();
}

function watchMoves() {
  let before = null;
  return () => {
    const { state, isBusy } = phone;
    if (state === before) return;
    if (before === "talking" || before === "dialing" || before === "ringing") {
      if (!isBusy) {
        notice = Date.now() + NOTICE_MS;
        pressed = "";
        at("captions").hidden = true;
        at("said").value = at("heard").value = 0;
        phone.rest();
        if (document.activeElement === document.body) at("to").focus();
      }
    }
    if (state === "ringing") {
      phone.prepare(); // rings aloud where the browser allows it already
      at("go").focus();
    }
    before = state;
  };
}

for (const [key, letters] of KEYS) {
  const button = Object.assign(document.createElement("button"), { type: "button", value: key, textContent: key });
  button.append(Object.assign(document.createElement("small"), { textContent: letters }));
  button.setAttribute("aria-label", key);
  button.addEventListener("click", () => press(key));
  at("keypad").append(button);
}
for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => { choose(button.dataset.language); speak(); show(); });
}

function speak() {
  dress();
  for (const button of document.querySelectorAll("[data-language]")) {
    button.toggleAttribute("aria-current", button.dataset.language === language);
  }
}

at("go").addEventListener("click", go);
at("stop").addEventListener("click", () => phone.hangUp());
at("mute").addEventListener("click", () => phone.mute(!phone.isMuted));
at("erase").addEventListener("click", erase);
at("silent").addEventListener("click", async () => { await phone.prepare(); show(); });
at("to").addEventListener("input", show);
at("dial").addEventListener("submit", (event) => { event.preventDefault(); go(); });
at("mine").addEventListener("submit", (event) => {
  event.preventDefault();
  if (phone.isBusy) return;
  localStorage.setItem(ADDRESS, at("address").value.trim());
  install(at("address").value.trim());
  at("to").focus();
});
addEventListener("keydown", keyboard);
addEventListener("beforeunload", (event) => phone.state === "talking" && event.preventDefault());
setInterval(tick, 250);
speak();
install(ownAddress());
show();

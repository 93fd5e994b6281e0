// A telephone at this exchange: a WebSocket carries control as JSON and sound as frames of 20 ms (docs/exchange.md).
import { Sound } from "./sound.js";
import { Telephone } from "./telephone.js";

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5000;
const ASLEEP_MS = 5000;
const TOKEN_REFUSED = 20101;

export class Phone extends Telephone {
  #url; #address; #token; #label; #socket = null; #sound; #pause = FIRST_PAUSE_MS; #retry = 0; #wanted = false; #beat = 0;

  // `token` is asked before every registration: a function that gives a token, or a promise of one. When it throws
  // an error with `isFinal`, the telephone is refused and does not try again. `label` is for whoever lists telephones.
  constructor({ url, address, token = async () => "", processing = true, label = "" }) {
    super();
    this.#url = url;
    this.#address = address;
    this.#token = token;
    this.#label = label;
    this.#sound = new Sound({ processing });
    this.#sound.onframe = (frame) => this.state === "talking" && this.#socket?.send(frame);
    this.#sound.onlevel = (level) => this.tell("level", level);
    this.#sound.onmicrophone = () => this.tell("microphone");
  }

  get address() {
    return this.#address;
  }

  get microphone() {
    return this.#sound.microphone;
  }

  get isAudible() {
    return this.#sound.isRunning;
  }

  async prepare() {
    await this.#sound.open();
  }

  // Give the microphone back until the next `prepare`.
  rest() {
    this.#sound.rest();
  }

  connect() {
    if (this.#wanted) return;
    this.#wanted = true;
    addEventListener("pagehide", this.#leave);
    addEventListener("pageshow", this.#return);
    this.#watch();
    this.#open();
  }

  close() {
    this.#wanted = false;
    removeEventListener("pagehide", this.#leave);
    removeEventListener("pageshow", this.#return);
    clearInterval(this.#beat);
    this.#drop();
    this.#sound.rest();
    this.end("offline", "lost");
  }

  dial(to, parameters = {}) {
    if (this.state !== "idle") return;
    this.become("dialing", { id: null, from: this.#address, to, isIncoming: false, rings: 0, since: Date.now() });
    this.#send({ type: "dial", to, parameters });
  }

  answer() {
    if (this.state === "ringing") this.#send({ type: "answer", call: this.call.id });
  }

  reject() {
    if (this.state === "ringing") this.#send({ type: "reject", call: this.call.id });
  }

  hangUp() {
    if (this.state === "ringing") this.reject();
    else if (this.isBusy) this.#send({ type: "hangup", ...(this.call.id ? { call: this.call.id } : {}) });
  }

  press(keys) {
    if (this.state === "talking") this.#sound.press(keys);
  }

  mute(isMuted) {
    this.#sound.mute(isMuted);
    super.mute(isMuted);
  }

  become(state, call = this.call) {
    if (this.call && !call) this.#sound.mute(false);
    super.become(state, call);
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  async #open() {
    this.become("connecting");
    let token;
    try {
      token = await this.#token();
    } catch (fault) {
      if (fault?.isFinal) return this.#refuse({ code: fault.code ?? 0, message: fault.message });
      return this.#again();
    }
    if (!this.#wanted || this.#socket) return;
    const socket = new WebSocket(this.#url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify({ type: "register", address: this.#address, token, label: this.#label }));
    socket.onmessage = ({ data }) => this.#hear(data);
    socket.onclose = () => this.#lost(socket);
    this.#socket = socket;
  }

  #hear(data) {
    if (typeof data === "string") {
      const message = JSON.parse(data);
      this.#effects[message.type]?.(message);
    } else if (this.call) {
      this.#sound.play(data);
    }
  }

  #effects = {
    registered: () => {
      this.#pause = FIRST_PAUSE_MS;
      this.become("idle", null);
    },
    error: (message) => {
      if (message.code === TOKEN_REFUSED) return this.#refuse(message);
      this.tell("fault", message);
      if (this.state === "dialing" && !this.call.id) this.end("idle", "busy");
    },
    dialing: ({ call }) => this.call && this.become("dialing", { ...this.call, id: call }),
    ringback: () => this.call && this.become(this.state, { ...this.call, isRinging: true }),
    ring: ({ call, from, ring }) => {
      const begun = this.call?.id === call ? this.call : { id: call, from, to: this.#address, isIncoming: true, since: Date.now() };
      this.#sound.ring();
      this.become("ringing", { ...begun, rings: ring });
    },
    answered: () => {
      if (!this.call || this.state === "talking") return;
      this.#sound.hush();
      this.become("talking", { ...this.call, answeredAt: Date.now() });
    },
    prompt: (message) => this.tell("prompt", message),
    message: ({ from, body, at }) => this.tell("message", { from, body, at }),
    ended: ({ call, reason }) => {
      if (!this.call || (this.call.id && call && call !== this.call.id)) return;
      this.#sound.hush();
      if (this.state !== "ringing") this.#sound.over();
      this.end("idle", reason);
    },
  };

  #refuse(fault) {
    this.#wanted = false;
    clearInterval(this.#beat);
    this.#drop();
    this.tell("fault", fault);
    this.end("refused", "failed");
  }

  #lost(socket) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    this.#sound.hush();
    this.end("connecting", "lost");
    this.#again();
  }

  #again() {
    if (!this.#wanted) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), this.#pause * (0.75 + Math.random() / 2));
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE_MS);
  }

  #drop() {
    clearTimeout(this.#retry);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#sound.hush();
  }

  // A page that is left, or kept frozen to be shown again later, is not a telephone.
  #leave = () => this.#drop();

  #return = (event) => {
    if (!event.persisted || !this.#wanted) return;
    this.end("connecting", "lost");
    this.#open();
  };

  // After a sleep the connection may be dead without anyone having said so: a word on it brings that out.
  #watch() {
    let last = Date.now();
    this.#beat = setInterval(() => {
      if (Date.now() - last > ASLEEP_MS) this.#send({ type: "here" });
      last = Date.now();
    }, 1000);
  }
}

// The same telephone at Twilio itself, by its browser SDK (https://www.twilio.com/docs/voice/sdks/javascript), which the
// page has loaded as the global `Twilio`.
import { Telephone } from "./telephone.js";

const TOKEN_ERRORS = [20101, 20103, 20104, 31202, 31204, 31205, 31207];
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15000;

export class TwilioPhone extends Telephone {
  #address; #token; #ringMs; #device = null; #line = null; #wanted = false; #microphone = "unknown";
  #pause = FIRST_PAUSE_MS; #retry = 0; #rings = 0;

  // Twilio tells of a call, not of its rings: they are counted by the clock, one every `ringSeconds`.
  constructor({ address, token, ringSeconds = 5 }) {
    super();
    this.#address = address;
    this.#token = token;
    this.#ringMs = ringSeconds * 1000;
  }

  get address() {
    return this.#address;
  }

  get microphone() {
    return this.#microphone;
  }

  get isAudible() {
    return navigator.userActivation?.hasBeenActive ?? true;
  }

  // Only asks for the permission: the SDK opens the microphone itself, for each call.
  async prepare() {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      for (const track of stream.getTracks()) track.stop();
      this.#microphone = "open";
    } catch (fault) {
      this.#microphone = fault.name === "NotFoundError" ? "missing" : "refused";
    }
    this.tell("microphone");
  }

  rest() {}

  connect() {
    if (this.#wanted) return;
    this.#wanted = true;
    addEventListener("pagehide", this.#leave);
    addEventListener("pageshow", this.#return);
    this.#register();
  }

  close() {
    this.#wanted = false;
    removeEventListener("pagehide", this.#leave);
    removeEventListener("pageshow", this.#return);
    this.#leave();
    this.end("offline", "lost");
  }

  async dial(to, parameters = {}) {
    if (this.state !== "idle") return;
    this.become("dialing", { id: null, from: this.#address, to, isIncoming: false, rings: 0, since: Date.now() });
    try {
      this.#take(await this.#device.connect({ params: { ...parameters, To: to } }));
    } catch (fault) {
      this.#fault(fault);
      this.end("idle", "failed");
    }
  }

  answer() {
    if (this.state === "ringing") this.#line.accept();
  }

  reject() {
    if (this.state === "ringing") this.#line.reject();
  }

  hangUp() {
    if (this.state === "ringing") this.reject();
    else this.#line?.disconnect();
  }

  press(keys) {
    if (this.state === "talking") this.#line.sendDigits(keys);
  }

  mute(isMuted) {
    this.#line?.mute(isMuted);
    super.mute(isMuted);
  }

  async #register() {
    this.become("connecting");
    try {
      const token = await this.#token();
      if (!this.#wanted) return;
      this.#device ??= this.#made(token);
      this.#device.updateToken(token);
      await this.#device.register();
    } catch (fault) {
      if (fault?.isFinal) return this.#refuse(fault);
      this.#fault(fault);
      this.#again();
    }
  }

  #made(token) {
    const device = new globalThis.Twilio.Device(token, { logLevel: "silent", closeProtection: false, tokenRefreshMs: 30000 });
    device.on("registered", () => {
      this.#pause = FIRST_PAUSE_MS;
      if (!this.isBusy) this.become("idle", null);
    });
    device.on("unregistered", () => {
      if (!this.#wanted) return;
      if (!this.isBusy) this.become("connecting");
      this.#again();
    });
    device.on("incoming", (line) => this.#ring(line));
    device.on("error", (fault) => this.#fault(fault));
    device.on("tokenWillExpire", async () => {
      try {
        device.updateToken(await this.#token());
      } catch (fault) {
        this.#fault(fault);
      }
    });
    return device;
  }

  #ring(line) {
    const { CallSid: id, From: from } = line.parameters;
    this.#take(line);
    const call = { id, from, to: this.#address, isIncoming: true, rings: 1, since: Date.now() };
    this.become("ringing", call);
    this.#rings = setInterval(() => {
      if (this.state === "ringing") this.become("ringing", { ...this.call, rings: this.call.rings + 1 });
    }, this.#ringMs);
  }

  #take(line) {
    this.#line = line;
    const over = (reason) => () => this.#over(line, reason);
    line.on("ringing", () => this.call && this.become(this.state, { ...this.call, isRinging: true }));
    line.on("accept", () => {
      clearInterval(this.#rings);
      if (this.call) this.become("talking", { ...this.call, id: line.parameters.CallSid, answeredAt: Date.now() });
    });
    line.on("volume", (said, heard) => this.tell("level", { said, heard }));
    line.on("disconnect", over("completed"));
    line.on("cancel", over("canceled"));
    line.on("reject", over("rejected"));
    line.on("error", (fault) => this.#fault(fault));
  }

  #over(line, reason) {
    if (line !== this.#line) return;
    clearInterval(this.#rings);
    this.#line = null;
    this.end(this.#device?.state === "registered" ? "idle" : "connecting", reason);
  }

  #fault(fault) {
    this.tell("fault", { code: fault?.code ?? 0, message: String(fault?.message ?? fault) });
    if (TOKEN_ERRORS.includes(fault?.code)) this.#again();
  }

  #refuse(fault) {
    this.#wanted = false;
    this.tell("fault", { code: fault.code ?? 0, message: fault.message });
    this.end("refused", "failed");
  }

  #again() {
    if (!this.#wanted) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#register(), this.#pause);
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE_MS);
  }

  #leave = () => {
    clearTimeout(this.#retry);
    clearInterval(this.#rings);
    this.#device?.destroy();
    this.#device = this.#line = null;
  };

  #return = (event) => {
    if (!event.persisted || !this.#wanted) return;
    this.end("connecting", "lost");
    this.#register();
  };
}

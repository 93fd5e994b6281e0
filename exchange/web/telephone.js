// What every telephone on a page is: a state, at most one call, and events. How it reaches an exchange is not its affair.
//
// state: offline, connecting, refused, idle, dialing, ringing (somebody calls), talking
// call:  null, or { id, from, to, isIncoming, rings, since, answeredAt }; times in milliseconds
// last:  how the last call ended: null, or { reason, from, to, isIncoming, seconds }
//
// Events: "change" after every move; "message" { from, body, at }; "prompt" { verb, text, url, state }; "level" { said, heard }
// from 0 to 1, ten times a second; "fault" { code, message }; "microphone" when it came or went.
export class Telephone extends EventTarget {
  state = "offline";
  call = null;
  last = null;
  isMuted = false;

  get isBusy() {
    return ["dialing", "ringing", "talking"].includes(this.state);
  }

  // "unknown", "open", "refused" or "missing"
  get microphone() {
    return "unknown";
  }

  // Make sound possible. Browsers want a key or a click before it: call this from one.
  async prepare() {}

  // Be reachable until `close`; a connection that is lost is made again.
  connect() {}

  close() {}

  // `parameters`, names and texts, reach the application behind the number as fields of its form.
  dial(_to, _parameters = {}) {}

  answer() {}

  reject() {}

  hangUp() {}

  press(_keys) {}

  mute(isMuted) {
    this.isMuted = isMuted;
    this.tell("change");
  }

  become(state, call = this.call) {
    if (this.call && !call) this.isMuted = false;
    this.state = state;
    this.call = call;
    this.tell("change");
  }

  end(state, reason) {
    const { from, to, isIncoming, answeredAt } = this.call ?? {};
    const seconds = answeredAt ? (Date.now() - answeredAt) / 1000 : 0;
    if (this.call) this.last = { reason, from, to, isIncoming, seconds };
    this.become(state, null);
  }

  tell(event, detail = null) {
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }
}

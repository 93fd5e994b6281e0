// The line from the server to a live page: it is heard every second, and silence is shown before it can mislead anybody.
const release = new URL(import.meta.url).search;
const { presence } = await import(`./presence.js${release}`);
// A page says within three seconds that it has stopped; ticks come twice a second.
const SILENT_MS = 2400;
const ANEW_MS = 6000;
const LONGEST_PAUSE_MS = 15000;

export class LiveStream {
  #url; #event; #here; #take; #clocks; #source = null; #heard = Date.now(); #opened = 0; #pause = 1000; #isOut = false;
  #pulse = document.getElementById("pulse");
  #banner = document.getElementById("stalled");

  // `take` gets what each `event` tells; `out` is called when nobody is signed in any more.
  constructor({ url, event, here, clocks, take, out = () => {} }) {
    Object.assign(this, { out });
    [this.#url, this.#event, this.#here, this.#clocks, this.#take] = [url, event, here, clocks, take];
    presence.addEventListener("tick", () => this.#watch());
    presence.addEventListener("out", () => this.end());
    addEventListener("pagehide", () => this.#source?.close());
    addEventListener("pageshow", ({ persisted }) => { if (persisted) this.open(); });
    this.open();
  }

  get isStalled() {
    return !this.#banner.hidden;
  }

  open() {
    if (this.#isOut) return;
    this.#source?.close();
    this.#opened = Date.now();
    const source = this.#source = new EventSource(this.#url);
    source.addEventListener("beat", () => this.#hear());
    // The session is over, or may do other things than before: it is found out which, and opened again.
    source.addEventListener("over", () => { source.close(); this.#again(); });
    source.addEventListener(this.#event, ({ data }) => {
      this.#take(JSON.parse(data));
      this.#hear();
    });
    source.onerror = () => {
      this.#say("lost");
      // The browser itself tries again, except after a refusal.
      if (source.readyState === EventSource.CLOSED) this.#again();
    };
  }

  // The session is over: nothing is tried again.
  end() {
    if (this.#isOut) return;
    this.#isOut = true;
    this.#source?.close();
    this.#show(false);
    this.#clocks.stop();
    this.#say("out");
    this.out();
  }

  #hear() {
    this.#heard = Date.now();
    this.#pause = 1000;
    this.#show(false);
    this.#clocks.go();
    this.#say("live");
  }

  #watch() {
    if (this.#isOut || Date.now() - this.#heard < SILENT_MS) return;
    this.#say("lost");
    this.#clocks.stop();
    this.#show(true);
    // A connection can be dead without anybody having said so.
    if (this.#source?.readyState !== EventSource.CLOSED && Date.now() - Math.max(this.#heard, this.#opened) > ANEW_MS) this.open();
  }

  #show(isStalled) {
    if (this.#banner.hidden === isStalled) this.#banner.hidden = !isStalled;
  }

  #say(state) {
    if (this.#pulse.dataset.state === state) return;
    this.#pulse.dataset.state = state;
    this.#pulse.textContent = this.#pulse.dataset[state];
  }

  // First find out whether the session still holds.
  async #again() {
    let answer = null;
    try {
      answer = await fetch(this.#here, { cache: "no-store", signal: AbortSignal.timeout(ANEW_MS) });
    } catch { /* the network is away: try later */ }
    if (answer?.status === 401) return presence.out();
    setTimeout(() => this.open(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
  }
}

// An agent's page says every other second that it is there, and hears whether calls can be offered to its agent. Any other
// page asks as often whether its user is still signed in.
//
// Events: "tick" twice a second; "told" { present, why, status, phone } with each answer, where `phone` is the place of the
// agent's telephone: here, elsewhere or nowhere; "out" when nobody is signed in any more.
const EVERY_MS = 2000;
const PATIENCE_MS = 4000;
const LEAVING_MS = 5000;
const release = new URL(import.meta.url).search;

class Presence extends EventTarget {
  #about = document.body.dataset;
  #phone = "none"; #sent = 0; #isAsking = false; #isNews = false; #isOver = false;
  #left = 0;
  told = null;

  constructor() {
    super();
    addEventListener("beforeunload", () => { this.#left = Date.now(); });
    const metronome = new Worker(new URL(`metronome.js${release}`, import.meta.url));
    metronome.onmessage = () => this.#tick();
    if (!this.#about.page) { if (this.#about.here) addEventListener("pageshow", ({ persisted }) => { if (persisted) this.ask(); }); return; }
    addEventListener("pagehide", () => this.#leave());
    addEventListener("pageshow", ({ persisted }) => { if (persisted) { this.#isOver = false; this.#beat(); } });
    this.#beat();
  }

  get page() {
    return this.#about.page ?? "";
  }

  // What the page's telephone does: none, connecting or connected.
  set phone(state) {
    if (state === this.#phone) return;
    this.#phone = state;
    this.#isNews = true;
    this.#beat();
  }

  #tick() {
    this.dispatchEvent(new Event("tick"));
    const isDue = Date.now() - this.#sent >= EVERY_MS;
    if (this.page && !this.#isOver && (this.#isNews || isDue)) this.#beat();
    else if (this.#about.here && isDue) this.ask();
  }

  async #beat() {
    if (this.#isAsking || this.#isOver) return;
    this.#isAsking = true;
    this.#isNews = false;
    this.#sent = Date.now();
    const { beat, csrf, page } = this.#about;
    const phone = this.#phone;
    try {
      const body = new URLSearchParams({ csrf_token: csrf, page, phone });
      const answer = await fetch(beat, { method: "POST", body, signal: AbortSignal.timeout(PATIENCE_MS) });
      if (answer.status === 401) this.out();
      const told = answer.ok ? await answer.json() : null;
      // An answer to what the telephone did before says nothing of what it does now: it is asked again.
      if (told && phone === this.#phone) this.#hear(told);
    } catch { /* the network is away: the stream says so, and the next tick tries again */ }
    this.#isAsking = false;
  }

  #hear(told) {
    this.told = told;
    this.dispatchEvent(new CustomEvent("told", { detail: told }));
  }

  // Whether somebody is still signed in; when nobody is, the page is told.
  async ask() {
    if (this.#isAsking || this.#isOver) return;
    this.#isAsking = true;
    this.#sent = Date.now();
    try {
      const answer = await fetch(this.#about.here, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
      if (answer.status === 401) this.out();
    } catch { /* the network is away: the next tick tries again */ }
    this.#isAsking = false;
  }

  // Nobody is signed in any more.
  out() {
    if (this.#isOver) return;
    this.#isOver = true;
    this.dispatchEvent(new Event("out"));
  }

  // To the sign-in page, and from there back here. A page that is being left already, perhaps with another session, is
  // not led astray.
  go() {
    const wait = this.#left + LEAVING_MS - Date.now();
    if (wait > 0) setTimeout(() => this.go(), wait);
    else location.replace(this.#about.door);
  }

  // The last word of a page; what is still under way must not be taken for a newer one.
  #leave() {
    if (this.#isOver) return;
    this.#isOver = true;
    const { leave, csrf, page } = this.#about;
    navigator.sendBeacon(leave, new URLSearchParams({ csrf_token: csrf, page }));
  }
}

export const presence = new Presence();

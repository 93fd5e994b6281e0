// Times that run on by themselves within an element: since, until, rings since, and whether it has become late.
const TARGET_RINGS = 3;

function length(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export class Clocks {
  #root; #ringSeconds; #ahead; #isStopped = false;

  // `root` says the server's time (data-now) and the length of a ring (data-ring).
  constructor(root) {
    this.#root = root;
    this.#ringSeconds = Number(root.dataset.ring);
    this.set(Number(root.dataset.now));
    setInterval(() => this.tick(), 200);
  }

  // The server's clock counts; this machine's may be wrong.
  set(now) {
    this.#ahead = now - Date.now() / 1000;
  }

  // While the server is not heard nobody knows whether anything still runs: times stand, and look it.
  stop() {
    this.#isStopped = true;
    this.#root.classList.add("is-stalled");
  }

  go() {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#root.classList.remove("is-stalled");
    this.tick();
  }

  tick() {
    if (this.#isStopped) return;
    const now = Date.now() / 1000 + this.#ahead;
    const rings = (since) => Math.max(0, now - Number(since)) / this.#ringSeconds;
    for (const time of this.#root.querySelectorAll("[data-since]")) time.textContent = length(now - Number(time.dataset.since));
    for (const time of this.#root.querySelectorAll("[data-until]")) time.textContent = length(Number(time.dataset.until) - now + 0.99);
    for (const count of this.#root.querySelectorAll("[data-rings]")) {
      count.textContent = (Math.ceil(rings(count.dataset.rings) * 10) / 10).toFixed(1);
    }
    for (const row of this.#root.querySelectorAll("[data-late]")) {
      row.classList.toggle("is-late", rings(row.dataset.late) > TARGET_RINGS);
    }
  }
}

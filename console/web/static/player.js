// The player of a recording: both channels drawn, the dialogue follows the sound and leads to any place in it.
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

class Player {
  constructor(root) {
    this.root = root;
    this.audio = root.querySelector("audio");
    this.seek = root.querySelector(".seek");
    this.button = root.querySelector(".play");
    this.position = root.querySelector(".position");
    this.follow = root.querySelector(".follow");
    this.dialogue = root.querySelector(".dialogue");
    this.said = [...root.querySelectorAll(".said")];
    this.canvases = [...root.querySelectorAll("canvas")];
    this.channels = [];
    this.current = null;
    this.listen();
    this.outline();
  }

  listen() {
    const { audio } = this;
    this.button.addEventListener("click", () => (audio.paused ? this.play() : audio.pause()));
    for (const name of ["play", "pause", "ended"]) audio.addEventListener(name, () => this.playing());
    for (const name of ["timeupdate", "seeked", "loadedmetadata"]) audio.addEventListener(name, () => this.show());
    audio.addEventListener("error", () => this.fail());
    this.seek.addEventListener("input", () => this.go(Number(this.seek.value)));
    this.root.querySelector(".speed select").addEventListener("change", (event) => { audio.playbackRate = Number(event.target.value); });
    for (const choice of this.root.querySelectorAll(".choice input")) choice.addEventListener("change", () => this.hear(choice.value));
    for (const row of this.said) row.querySelector("button").addEventListener("click", () => { this.go(Number(row.dataset.start)); this.play(); });
    for (const canvas of this.canvases) canvas.addEventListener("click", (event) => this.go(event.offsetX / canvas.clientWidth * this.length()));
    new ResizeObserver(() => this.draw()).observe(this.root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  length() {
    return Number.isFinite(this.audio.duration) && this.audio.duration > 0 ? this.audio.duration : Number(this.seek.max) || 1;
  }

  play() {
    this.wire();
    this.audio.play().catch(() => this.fail());
  }

  go(seconds) {
    this.audio.currentTime = Math.min(Math.max(0, seconds), this.length());
    this.show();
  }

  fail() {
    const message = this.root.querySelector(".fault");
    message.textContent = this.root.dataset.failed;
    message.hidden = false;
  }

  playing() {
    const is = !this.audio.paused && !this.audio.ended;
    this.button.setAttribute("aria-pressed", String(is));
    this.button.querySelector("span").textContent = is ? this.root.dataset.pause : this.root.dataset.play;
    if (is) this.run();
  }

  run() {
    this.show();
    if (!this.audio.paused) requestAnimationFrame(() => this.run());
  }

  show() {
    const at = this.audio.currentTime;
    this.seek.max = this.length();
    this.seek.value = at;
    this.seek.setAttribute("aria-valuetext", clock(at));
    this.position.textContent = clock(at);
    this.mark(at);
    this.draw();
  }

  mark(at) {
    // People talk at the same time: the one who began last is the one to read.
    const row = this.said.findLast((one) => Number(one.dataset.start) <= at && at < Number(one.dataset.end)) ?? null;
    if (row === this.current || (row === null && !this.audio.paused)) return;
    this.current?.removeAttribute("aria-current");
    row?.setAttribute("aria-current", "true");
    this.current = row;
    if (row && this.follow?.checked) this.reveal(row);
  }

  reveal(row) {
    // Only the dialogue scrolls, never the page under the reader's hands.
    const box = this.dialogue;
    box.scrollTop = row.offsetTop - box.offsetTop - (box.clientHeight - row.clientHeight) / 2;
  }

  // The two channels become separate loudspeakers that can be turned off; sound as it is until someone asks.
  wire() {
    if (this.gains || this.canvases.length < 2) return;
    const context = new AudioContext();
    const split = context.createChannelSplitter(2);
    context.createMediaElementSource(this.audio).connect(split);
    this.gains = [0, 1].map((channel) => {
      const gain = context.createGain();
      split.connect(gain, channel);
      gain.connect(context.destination);
      return gain;
    });
    context.resume();
    this.hear(this.root.querySelector(".choice input:checked")?.value ?? "both");
  }

  hear(who) {
    this.heard = who;
    ["caller", "agent"].forEach((name, channel) => {
      if (this.gains) this.gains[channel].gain.value = who === "both" || who === name ? 1 : 0;
    });
    this.draw();
  }

  async outline() {
    try {
      const answer = await fetch(this.root.dataset.outline);
      if (!answer.ok) throw new Error(answer.statusText);
      this.channels = (await answer.json()).channels;
    } catch {
      this.fail();
    }
    this.draw();
  }

  draw() {
    const played = this.audio.currentTime / this.length();
    this.canvases.forEach((canvas, channel) => {
      const peaks = this.channels[channel] ?? [];
      const ratio = devicePixelRatio || 1;
      const width = Math.round(canvas.clientWidth * ratio);
      const height = Math.round(canvas.clientHeight * ratio);
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      const pen = canvas.getContext("2d");
      pen.clearRect(0, 0, width, height);
      const name = ["caller", "agent"][channel];
      const isOff = this.heard && this.heard !== "both" && this.heard !== name;
      const bright = colour(isOff ? "--idle" : `--${name}`);
      const step = 4 * ratio;
      const count = Math.floor(width / step);
      for (let bar = 0; bar < count; bar += 1) {
        const from = Math.floor(bar / count * peaks.length);
        const to = Math.max(from + 1, Math.floor((bar + 1) / count * peaks.length));
        const loud = Math.max(0, ...peaks.slice(from, to));
        const tall = Math.max(ratio * 2, loud * height * 0.86);
        pen.globalAlpha = bar / count <= played ? 1 : 0.35;
        pen.fillStyle = bright;
        pen.beginPath();
        pen.roundRect(bar * step, (height - tall) / 2, step - 1.5 * ratio, tall, ratio);
        pen.fill();
      }
      pen.globalAlpha = 1;
      pen.fillStyle = colour("--ink");
      pen.fillRect(Math.min(width - ratio, played * width), 0, ratio * 1.5, height);
    });
  }
}

const players = [...document.querySelectorAll("[data-player]")].map((root) => new Player(root));
for (const jump of document.querySelectorAll("[data-jump]")) {
  const wanted = jump.dataset.recording ? players.find((player) => player.root.dataset.of === jump.dataset.recording) : players[0];
  jump.addEventListener("click", () => { wanted?.go(Number(jump.dataset.jump)); wanted?.play(); });
}

// Corrections by keyboard: E on a line opens its form, Enter saves, Escape leaves.
for (const row of document.querySelectorAll(".said")) {
  const form = row.querySelector(".correct");
  if (!form) continue;
  const text = form.querySelector("textarea");
  // Focused at once, so that what is typed next goes into it; the toggle comes later, and alone after a click.
  const enter = () => { form.open = true; text.focus(); };
  const leave = () => { form.open = false; row.querySelector("button").focus(); };
  form.addEventListener("toggle", () => { if (form.open) text.focus(); });
  row.querySelector("button").addEventListener("keydown", (event) => {
    if (event.key === "e" && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); enter(); }
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave();
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); text.form.requestSubmit(); }
  });
}

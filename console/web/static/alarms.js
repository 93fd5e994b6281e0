// Warning signs that no nurse has heard of: said at once, counted in the title, with two tones for each that is new.
export class Alarms {
  #region; #html = null; #count = 0;

  // What stands in `region` already is told, too.
  constructor(region) {
    this.#region = region;
    this.#told(false);
  }

  // What goes before the title of the page.
  get mark() {
    return this.#count ? `⚠ ${this.#count} · ` : "";
  }

  // An unchanged region is left alone: whoever listens to the page hears an alarm once.
  show(html, isQuiet = false) {
    if (html === this.#html) return;
    const focused = this.#region.contains(document.activeElement) ? document.activeElement.id : null;
    this.#html = html;
    this.#region.innerHTML = html;
    if (focused) document.getElementById(focused)?.focus();
    this.#told(isQuiet);
  }

  #told(isQuiet) {
    const before = this.#count;
    this.#count = this.#region.querySelectorAll("[data-alarm]").length;
    if (this.#count > before && !isQuiet) sound();
  }
}

// Browsers let a page be heard once somebody has touched it.
function sound() {
  if (navigator.userActivation?.hasBeenActive === false) return;
  const context = new AudioContext();
  [880, 660].forEach((pitch, place) => {
    const tone = new OscillatorNode(context, { frequency: pitch });
    const quieter = new GainNode(context, { gain: 0.15 });
    tone.connect(quieter).connect(context.destination);
    tone.start(context.currentTime + place * 0.25);
    tone.stop(context.currentTime + place * 0.25 + 0.2);
    if (place) tone.onended = () => context.close();
  });
}

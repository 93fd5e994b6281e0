// In the audio thread: cuts what the microphone says into frames, plays frames as they come, and makes the sound of keys.
const RATE = 8000;
const FRAME = 160;
const METER = 800;
const PREFILL = 480; // 60 ms in hand before sound begins, so that an uneven network is not heard
const WINDOW = 4000; // what was not needed for half a second is dropped: else every stall becomes a lasting delay
const CAPACITY = 8000;
const FADE = 40;
const ROWS = [697, 770, 852, 941];
const COLUMNS = [1209, 1336, 1477, 1633];
const KEYS = "123A456B789C*0#D";
const KEY_SAMPLES = 960;
const GAP_SAMPLES = 800;
const PAUSE_SAMPLES = 4000;
const KEY_LOUDNESS = 0.22;

class PlayoutBuffer {
  #samples = new Float32Array(CAPACITY); #read = 0; #count = 0; #isFilling = true; #fewest = CAPACITY; #played = 0;

  put(frame) {
    for (const sample of frame) {
      if (this.#count === CAPACITY) this.#skip(1);
      this.#samples[(this.#read + this.#count++) % CAPACITY] = sample / 32768;
    }
  }

  clear() {
    this.#count = 0;
    this.#isFilling = true;
  }

  play(out) {
    if (this.#isFilling && this.#count < PREFILL) return;
    this.#isFilling = this.#count < out.length;
    const count = Math.min(this.#count, out.length);
    for (let at = 0; at < count; at++) out[at] = this.#samples[(this.#read + at) % CAPACITY];
    this.#skip(count);
    this.#fewest = Math.min(this.#fewest, this.#count);
    this.#played += out.length;
    if (this.#played >= WINDOW) this.#trim();
  }

  #skip(count) {
    this.#read = (this.#read + count) % CAPACITY;
    this.#count -= count;
  }

  #trim() {
    const spare = this.#fewest - PREFILL;
    if (spare > 0 && this.#count > spare + FADE) {
      // What is dropped fades into what comes after it, so that no click is heard.
      for (let at = 0; at < FADE; at++) {
        const [from, to] = [(this.#read + at) % CAPACITY, (this.#read + spare + at) % CAPACITY];
        this.#samples[to] = (this.#samples[from] * (FADE - at) + this.#samples[to] * at) / FADE;
      }
      this.#skip(spare);
    }
    this.#fewest = CAPACITY;
    this.#played = 0;
  }
}

class Keys {
  #waiting = []; #at = 0;

  press(keys) {
    this.#waiting.push(...[...keys.toUpperCase()].filter((key) => key === "W" || KEYS.includes(key)));
  }

  // The next sample, or null when no key sounds: then the microphone is heard.
  next() {
    const key = this.#waiting[0];
    if (key === undefined) return null;
    const place = KEYS.indexOf(key);
    const sounds = key === "W" ? 0 : KEY_SAMPLES;
    const time = this.#at / RATE;
    const isOn = this.#at < sounds;
    if (++this.#at >= (key === "W" ? PAUSE_SAMPLES : KEY_SAMPLES + GAP_SAMPLES)) {
      this.#waiting.shift();
      this.#at = 0;
    }
    if (!isOn) return 0;
    return KEY_LOUDNESS * (Math.sin(2 * Math.PI * ROWS[place >> 2] * time) + Math.sin(2 * Math.PI * COLUMNS[place & 3] * time));
  }
}

class Meter {
  #power = 0; #count = 0;

  add(sample) {
    this.#power += sample * sample;
    this.#count++;
  }

  // From 0 (60 dB below full scale) to 1.
  take() {
    const level = 10 * Math.log10(this.#power / Math.max(1, this.#count) + 1e-9);
    this.#power = this.#count = 0;
    return Math.min(1, Math.max(0, 1 + level / 60));
  }
}

class TelephoneProcessor extends AudioWorkletProcessor {
  #playout = new PlayoutBuffer(); #keys = new Keys(); #said = new Meter(); #heard = new Meter();
  #frame = new Int16Array(FRAME); #at = 0; #metered = 0; #isMuted = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) this.#playout.put(new Int16Array(data));
      if (data.keys) this.#keys.press(data.keys);
      if (data.isHushed) this.#playout.clear();
      if (data.isMuted !== undefined) this.#isMuted = data.isMuted;
    };
  }

  process(inputs, outputs) {
    const mouth = inputs[0][0];
    const out = outputs[0][0];
    this.#playout.play(out);
    for (let at = 0; at < out.length; at++) {
      this.#heard.add(out[at]);
      const key = this.#keys.next();
      const said = key ?? (mouth && !this.#isMuted ? mouth[at] : 0);
      this.#said.add(said);
      if (key) out[at] += key / 2;
      this.#say(said);
    }
    this.#metered += out.length;
    if (this.#metered >= METER) {
      this.#metered = 0;
      this.port.postMessage({ said: this.#said.take(), heard: this.#heard.take() });
    }
    return true;
  }

  #say(sample) {
    this.#frame[this.#at++] = Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
    if (this.#at < FRAME) return;
    this.port.postMessage(this.#frame.buffer, [this.#frame.buffer]);
    this.#frame = new Int16Array(FRAME);
    this.#at = 0;
  }
}

registerProcessor("telephone", TelephoneProcessor);

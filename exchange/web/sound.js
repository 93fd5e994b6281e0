// The sound of a telephone: microphone to frames, frames to the ear, keys and rings. One audio context at 8 kHz.
const RATE = 8000;
const FRAME_BYTES = 320;

export class Sound {
  microphone = "unknown"; // unknown, open, refused, missing
  onframe = () => {};
  onlevel = () => {};
  onmicrophone = () => {};
  #processing; #context = null; #node = null; #opening = null; #stream = null; #source = null; #bells = [];

  // `processing`: whether the browser cleans the voice (echo, noise, loudness); tones pass only without.
  constructor({ processing = true } = {}) {
    this.#processing = processing;
  }

  get isRunning() {
    return this.#context?.state === "running";
  }

  async open() {
    this.#opening ??= this.#build();
    try {
      await this.#opening;
    } catch (fault) {
      this.#opening = null;
      throw fault;
    }
    this.#context.resume(); // not waited for: without a click before it, it is done only at the next one
    if (!this.#stream) await this.#listen();
  }

  rest() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#source?.disconnect();
    this.#stream = this.#source = null;
    if (this.microphone === "open") this.#note("unknown");
  }

  play(data) {
    if (data.byteLength === FRAME_BYTES) this.#node?.port.postMessage(data, [data]);
  }

  mute(isMuted) {
    this.#node?.port.postMessage({ isMuted });
  }

  press(keys) {
    this.#node?.port.postMessage({ keys });
  }

  // One ring at this telephone: two soft bells.
  ring() {
    this.hush();
    for (const [at, pitch] of [[0, 659], [0.18, 880], [0.7, 659], [0.88, 880]]) this.#bell(at, pitch, 0.5, 0.25);
  }

  // The line is dead: three short tones.
  over() {
    for (const at of [0, 0.35, 0.7]) this.#bell(at, 450, 0.2, 0.08);
  }

  hush() {
    for (const bell of this.#bells) bell.stop();
    this.#bells = [];
    this.#node?.port.postMessage({ isHushed: true });
  }

  async #build() {
    const context = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
    await context.audioWorklet.addModule(new URL("./worklet.js", import.meta.url));
    const shape = { numberOfInputs: 1, numberOfOutputs: 1, outputChannelCount: [1] };
    this.#node = new AudioWorkletNode(context, "telephone", { ...shape, channelCount: 1, channelCountMode: "explicit" });
    this.#node.port.onmessage = ({ data }) => (data instanceof ArrayBuffer ? this.onframe(data) : this.onlevel(data));
    this.#node.connect(context.destination);
    this.#context = context;
    navigator.mediaDevices?.addEventListener("devicechange", () => this.microphone === "missing" && this.#listen());
  }

  async #listen() {
    const wanted = { channelCount: 1, echoCancellation: this.#processing, noiseSuppression: this.#processing, autoGainControl: this.#processing };
    try {
      // Without a secure address the browser has no `mediaDevices` at all.
      const stream = await navigator.mediaDevices.getUserMedia({ audio: wanted });
      this.rest();
      this.#stream = stream;
      this.#source = this.#context.createMediaStreamSource(stream);
      this.#source.connect(this.#node);
      stream.getAudioTracks()[0].onended = () => {
        this.rest();
        this.#note("missing");
      };
      this.#note("open");
    } catch (fault) {
      // A call without a microphone is still heard, and keys still work; the page says what is missing.
      this.#note(fault.name === "NotAllowedError" || fault instanceof TypeError ? "refused" : "missing");
    }
  }

  #note(microphone) {
    this.microphone = microphone;
    this.onmicrophone();
  }

  #bell(at, pitch, seconds, loudness) {
    if (!this.isRunning) return;
    const context = this.#context;
    const begin = context.currentTime + at;
    const tone = new OscillatorNode(context, { frequency: pitch });
    const swell = new GainNode(context, { gain: 0 });
    swell.gain.setValueAtTime(0, begin);
    swell.gain.linearRampToValueAtTime(loudness, begin + 0.01);
    swell.gain.exponentialRampToValueAtTime(0.001, begin + seconds);
    tone.connect(swell).connect(context.destination);
    tone.start(begin);
    tone.stop(begin + seconds);
    tone.onended = () => { this.#bells = this.#bells.filter((each) => each !== tone); };
    this.#bells.push(tone);
  }
}

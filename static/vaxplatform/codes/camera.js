/* The camera: looks for a QR code in its picture until one is found or it is stopped. */

const PAUSE_MS = 60;
const PICTURE = { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } };

export class Camera {
  /** `find(video)` gives the text of a code, or null; `onText(text)` tells whether to stop. */
  constructor(video, find, onText) {
    this.video = video;
    this.find = find;
    this.onText = onText;
    this.stream = null;
    this.turn = null; // which start is the last one
  }

  /** Ask for the camera and begin to look; false when it was stopped before it ran. Throws what
      getUserMedia throws. */
  async start() {
    this.stop();
    const turn = {};
    this.turn = turn;
    if (!navigator.mediaDevices) throw new DOMException("no camera here", "NotFoundError");
    const stream = await navigator.mediaDevices.getUserMedia({ video: PICTURE, audio: false });
    if (this.turn !== turn) {
      stream.getTracks().forEach((track) => track.stop());
      return false;
    }
    this.stream = stream;
    this.video.srcObject = stream;
    try {
      await this.video.play();
    } catch (error) {
      if (this.turn === turn) throw error;
      return false;
    }
    this.look(stream);
    return true;
  }

  stop() {
    this.turn = null;
    if (!this.stream) return;
    this.stream.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.srcObject = null;
  }

  async look(stream) {
    while (this.stream === stream) {
      const text = this.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA ? await this.find(this.video) : null;
      if (text && this.stream === stream && this.onText(text)) return;
      await new Promise((resolve) => {
        setTimeout(resolve, PAUSE_MS);
      });
    }
  }

  get track() {
    return this.stream && this.stream.getVideoTracks()[0];
  }

  get hasLight() {
    const { track } = this;
    return Boolean(track && track.getCapabilities && track.getCapabilities().torch);
  }

  /** Switch the phone's light; tells whether it did. */
  async light(on) {
    try {
      await this.track.applyConstraints({ advanced: [{ torch: on }] });
      return true;
    } catch {
      return false;
    }
  }
}

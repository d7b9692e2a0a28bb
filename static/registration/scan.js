/* Registering: the QR code of a chip card is read on the phone, by the camera or from a photo, and
   only its text is sent. Without this script the photo goes to the server, which reads it. */

import { Camera } from "../vaxplatform/codes/camera.js";
import { finderOf } from "../vaxplatform/codes/finder.js";

/* Number, old number, name, birth, sex, residence: six parts at least. */
const isCard = (text) => /^\d{12}\|/.test(text) && text.split("|").length >= 6;
const { findInVideo, findInPhoto } = finderOf(isCard);

class CardScan {
  constructor(root) {
    this.root = root;
    this.words = root.dataset;
    this.form = root.closest("form");
    this.text = this.form.elements.card_text;
    this.photo = this.form.elements.card_photo;
    this.send = root.querySelector("[data-part=send]");
    this.camera = new Camera(this.part("video"), findInVideo, (text) => this.onCode(text));
    this.part("start").addEventListener("click", () => this.start());
    this.part("stop").addEventListener("click", () => this.stop());
    this.photo.addEventListener("change", () => this.readPhoto());
    addEventListener("pagehide", () => this.stop());
    document.addEventListener("visibilitychange", () => document.hidden && this.stop());
    if (navigator.mediaDevices) this.part("start").hidden = false;
  }

  part(name) {
    return this.root.querySelector(`[data-part=${name}]`);
  }

  say(text) {
    this.part("hint").textContent = text;
  }

  async start() {
    this.part("viewer").hidden = false;
    this.part("start").hidden = true;
    this.say(this.words.aim);
    try {
      if (await this.camera.start()) this.part("stop").focus();
    } catch (error) {
      this.stop();
      this.say(error.name === "NotAllowedError" ? this.words.blocked : this.words.failed);
    }
  }

  stop() {
    this.camera.stop();
    this.part("viewer").hidden = true;
    this.part("start").hidden = !navigator.mediaDevices;
    this.say("");
  }

  onCode(text) {
    if (!isCard(text)) {
      this.say(this.words.another);
      return false;
    }
    this.take(text);
    return true;
  }

  take(text) {
    this.camera.stop();
    this.say(this.words.read);
    this.text.value = text;
    this.photo.value = ""; // the photo stays on the phone
    this.form.requestSubmit(this.send);
  }

  /* What the phone cannot read the server may: the button is there. */
  async readPhoto() {
    const [photo] = this.photo.files;
    const text = photo ? await findInPhoto(photo) : null;
    if (text && isCard(text)) this.take(text);
  }
}

const root = document.querySelector("[data-card-scan]");
if (root && HTMLFormElement.prototype.requestSubmit) new CardScan(root);

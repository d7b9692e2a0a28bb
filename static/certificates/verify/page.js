/* The verifier's page. Without this script its form goes to the server, which judges as well; with
   it the phone judges, with or without a network. Nothing of what is checked is kept or sent,
   unless the phone cannot judge it and the server can. */

import { Camera } from "../../vaxplatform/codes/camera.js";
import { finderOf } from "../../vaxplatform/codes/finder.js";
import { Format } from "./format.js";
import { areComplete, areStale, isClockBehind, loadLists } from "./lists.js";
import { filled, Result } from "./result.js";
import { isListed } from "./revocations.js";
import { verify } from "./verify.js";

const { findInPhoto, findInVideo } = finderOf((text) => text.startsWith("HC1:"));
const REFRESH_MS = 5 * 60 * 1000;
const LINE_ENDS = /\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]/g;

class Page {
  constructor(root) {
    this.root = root;
    this.words = JSON.parse(document.getElementById("verifier-words").textContent);
    this.format = new Format(document.documentElement.lang, this.words.time_zone);
    this.form = root.querySelector("form");
    this.form.querySelector("button").classList.add("btn--2"); // the camera is the first choice
    this.result = new Result(this.part("result"), this.words, this.format);
    this.camera = new Camera(this.part("video"), findInVideo, (text) => this.onCode(text));
    this.usedCamera = false;
    this.lists = this.loaded();
    this.listen();
    this.setState("start");
    if (location.hash === "#scan") this.scanIfAllowed();
  }

  part(name) {
    return this.root.querySelector(`[data-part="${name}"]`);
  }

  listen() {
    this.part("start").addEventListener("click", () => this.scan());
    this.part("stop").addEventListener("click", () => this.backToStart());
    this.part("light").addEventListener("click", () => this.switchLight());
    this.part("next").addEventListener("click", () => this.next());
    this.part("other").addEventListener("click", () => this.backToStart());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submitted();
    });
    const renew = () => {
      this.lists = this.loaded();
    };
    addEventListener("online", renew);
    addEventListener("offline", () => this.showLists());
    setInterval(() => document.hidden || renew(), REFRESH_MS);
    addEventListener("pagehide", () => this.backToStart()); // the next visitor sees nobody's result
    document.addEventListener("visibilitychange", () => {
      if (document.hidden && this.state === "scan") this.backToStart();
    });
  }

  /* Each part of the page names the states in which it is shown. */
  setState(state) {
    this.state = state;
    this.root.dataset.state = state;
    this.root.querySelectorAll("[data-show]").forEach((element) => {
      element.hidden = !element.dataset.show.split(" ").includes(state);
    });
  }

  say(text) {
    const place = this.part("note");
    place.replaceChildren(...(text ? [this.result.fill("warning", { text })] : []));
  }

  // ---------------------------------------------------------------- lists

  async loaded() {
    const lists = await loadLists(this.words.urls);
    this.current = lists;
    this.showLists();
    return lists;
  }

  showLists() {
    const { texts } = this.words;
    const lists = this.current;
    if (!lists) return;
    const now = Date.now() / 1000;
    const place = this.part("lists");
    if (!areComplete(lists)) {
      place.replaceChildren(this.result.fill("warning", { text: texts.no_lists }));
      return;
    }
    const dates = this.result.dates(lists);
    const shown = navigator.onLine
      ? this.result.fill("lists", { text: filled(texts.lists, dates) })
      : this.result.fill("offline", { text: filled(texts.offline, dates) });
    if (isClockBehind(lists, now)) shown.append(this.result.fill("warning", { text: texts.clock }));
    else if (areStale(lists, now)) shown.append(this.result.fill("warning", { text: filled(texts.stale, dates) }));
    place.replaceChildren(shown);
  }

  // ---------------------------------------------------------------- judging

  async judge(text) {
    const lists = await this.lists;
    if (!areComplete(lists)) {
      await this.askServer(text, () => this.say(this.words.texts.no_lists));
      return;
    }
    const now = Date.now() / 1000;
    const verdict = await verify(text, {
      keys: lists.keys,
      isRevoked: (uvci) => isListed(lists.revocations, uvci),
      now,
      country: this.words.country,
    });
    const show = () => this.show(verdict, lists, now);
    if (verdict.reason === "unknown_key") await this.askServer(text, show);
    else show();
  }

  show(verdict, lists, now) {
    this.say("");
    this.result.show(verdict, lists, now);
    this.form.reset();
    this.setState("result");
    this.part("result").scrollIntoView({ block: "start" });
    this.part("next").focus({ preventScroll: true });
    if (navigator.vibrate) navigator.vibrate(verdict.reason === "ok" ? 60 : [120, 80, 120]);
  }

  /* The server knows more keys than the phone. Where it cannot be reached, `otherwise` is done. */
  async askServer(text, otherwise) {
    if (!(await this.isServerThere())) {
      otherwise();
      return;
    }
    this.form.elements.hcert.value = text;
    this.form.submit();
  }

  async isServerThere() {
    if (!navigator.onLine) return false;
    try {
      return (await fetch(this.words.urls.alive, { cache: "no-store" })).ok;
    } catch {
      return false;
    }
  }

  // ---------------------------------------------------------------- paste and photo

  async submitted() {
    const text = this.form.elements.hcert.value.replace(LINE_ENDS, "").trimStart();
    const photo = this.form.elements.photo.files[0];
    this.usedCamera = false;
    if (text) {
      await this.judge(text);
    } else if (photo) {
      await this.readPhoto(photo);
    } else {
      this.say(this.words.texts.nothing);
      this.form.elements.hcert.focus();
    }
  }

  async readPhoto(photo) {
    const found = await findInPhoto(photo);
    if (found) await this.judge(found);
    else if (await this.isServerThere()) this.form.submit();
    else this.say(this.words.texts.no_code);
  }

  // ---------------------------------------------------------------- camera

  async scan() {
    this.say("");
    this.result.clear();
    this.setState("scan");
    this.part("hint").textContent = this.words.texts.aim;
    try {
      if (!(await this.camera.start())) return;
    } catch (error) {
      this.backToStart(this.words.cameras[error.name] || this.words.cameras.other);
      return;
    }
    this.usedCamera = true;
    this.part("light").hidden = !this.camera.hasLight;
    this.part("light").setAttribute("aria-pressed", "false");
    this.part("viewer").scrollIntoView({ block: "start" });
    this.part("stop").focus({ preventScroll: true });
  }

  /* Coming back from a verdict of the server: the camera goes on where it was allowed before. */
  async scanIfAllowed() {
    try {
      const { state } = await navigator.permissions.query({ name: "camera" });
      if (state === "granted") await this.scan();
    } catch {
      // A browser that does not tell: the button is there.
    }
  }

  onCode(text) {
    if (!text.startsWith("HC1:")) {
      this.part("hint").textContent = this.words.texts.another;
      return false;
    }
    this.camera.stop();
    this.judge(text);
    return true;
  }

  async switchLight() {
    const button = this.part("light");
    const on = button.getAttribute("aria-pressed") !== "true";
    if (await this.camera.light(on)) button.setAttribute("aria-pressed", String(on));
  }

  next() {
    if (this.usedCamera) {
      this.scan();
    } else {
      this.backToStart();
      this.form.elements.hcert.focus();
    }
  }

  backToStart(note = "") {
    this.camera.stop();
    this.result.clear();
    this.form.reset();
    this.setState("start");
    this.say(note);
  }
}

const root = document.querySelector("[data-verifier]");
if ("DecompressionStream" in window && window.crypto && crypto.subtle) new Page(root);

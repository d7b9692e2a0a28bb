/* /account/news/: asks the browser for a subscription when the button is pressed, and sends it with
   the form. */
(function () {
  "use strict";

  const root = document.querySelector("[data-push]");
  const form = root.querySelector("[data-on]");
  const say = (name, shown) => {
    root.querySelector(`[data-said="${name}"]`).hidden = !shown;
  };

  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) {
    say("impossible", true);
    return;
  }
  form.hidden = false;

  function bytesOf(text) {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  }
  function textOf(buffer) {
    const plain = String.fromCharCode(...new Uint8Array(buffer));
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  async function subscription() {
    const { worker, scope, key } = root.dataset;
    await navigator.serviceWorker.register(worker, { scope, updateViaCache: "none" });
    const registration = await navigator.serviceWorker.ready;
    const options = { userVisibleOnly: true, applicationServerKey: bytesOf(key) };
    try {
      return await registration.pushManager.subscribe(options);
    } catch (error) {
      /* One made with another key of ours stands in the way: a new one takes its place. */
      const old = await registration.pushManager.getSubscription();
      if (!old) throw error;
      await old.unsubscribe();
      return registration.pushManager.subscribe(options);
    }
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say("blocked", false);
    if ((await Notification.requestPermission()) !== "granted") {
      say("blocked", true);
      return;
    }
    try {
      const made = await subscription();
      form.elements.endpoint.value = made.endpoint;
      form.elements.public_key.value = textOf(made.getKey("p256dh"));
      form.elements.auth_secret.value = textOf(made.getKey("auth"));
      form.submit();
    } catch (error) {
      say("impossible", true);
    }
  });
})();

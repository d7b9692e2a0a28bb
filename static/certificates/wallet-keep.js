/* "Keep on this phone" on a certificate's page, and at signing out the question whether what is
   kept stays. Both do nothing where nothing can be kept. */
(function () {
  "use strict";

  async function certificatePage(box) {
    const { keep: id, copyAddress, worker, scope, kept, removed, failed } = box.dataset;
    const status = box.querySelector("[role=status]");
    const keepButton = box.querySelector("[data-keep-button]");
    const removeButton = box.querySelector("[data-remove-button]");

    async function show() {
      const isKept = await VaxWallet.has(id);
      keepButton.hidden = isKept;
      removeButton.hidden = !isKept;
    }
    async function act(work, said, next) {
      let done = false;
      try {
        done = await work();
        await show();
      } catch (error) {
        done = false;
      }
      status.textContent = done ? said : failed;
      if (done) next.focus();
    }
    async function keep() {
      const done = await VaxWallet.keep(copyAddress);
      if (done && "serviceWorker" in navigator) {
        navigator.serviceWorker.register(worker, { scope, updateViaCache: "none" }).catch(() => undefined);
      }
      return done;
    }
    keepButton.addEventListener("click", () => act(keep, kept, removeButton));
    removeButton.addEventListener("click", () =>
      act(() => VaxWallet.remove(id).then(() => true), removed, keepButton),
    );
    try {
      await show();
    } catch (error) {
      status.textContent = failed;
    }
  }

  async function signOut(note) {
    const records = await VaxWallet.all().catch(() => []);
    if (!records.length) return;
    const form = note.closest("form");
    const box = note.querySelector("input");
    note.querySelector("[data-count]").textContent = note.dataset.kept.replace("{n}", records.length);
    note.hidden = false;
    form.addEventListener("submit", (event) => {
      if (!box.checked) return;
      event.preventDefault();
      VaxWallet.clear().finally(() => form.submit());
    });
  }

  const box = document.querySelector("[data-keep]");
  if (box) certificatePage(box);
  const note = document.querySelector("[data-sign-out]");
  if (note) signOut(note);
})();

/* The certificates kept in this browser: IndexedDB, put there by a press of a button, and the only
   place where they are. A record is {id, copy, keptAt, checkedAt, ended, updated}; `copy` as
   certificates/wallet.py makes it, without its code once the certificate ended. */
const VaxWallet = (function () {
  "use strict";

  const NAME = "vax-wallet";
  const STORE = "certificates";

  function opened() {
    return new Promise((resolve, reject) => {
      const asked = indexedDB.open(NAME, 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "id" });
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
      asked.onblocked = () => reject(new Error("blocked"));
    });
  }

  /* One transaction; resolves with the request's result once it is on the disk. */
  async function inStore(mode, work) {
    const database = await opened();
    try {
      return await new Promise((resolve, reject) => {
        const transaction = database.transaction(STORE, mode);
        const request = work(transaction.objectStore(STORE));
        transaction.oncomplete = () => resolve(request.result);
        transaction.onerror = () => reject(transaction.error);
        transaction.onabort = () => reject(transaction.error);
      });
    } finally {
      database.close();
    }
  }

  async function all() {
    const records = await inStore("readonly", (store) => store.getAll());
    return records.sort((one, other) => one.keptAt - other.keptAt);
  }

  const has = (id) => inStore("readonly", (store) => store.count(id)).then(Boolean);
  const put = (record) => inStore("readwrite", (store) => store.put(record));
  const remove = (id) => inStore("readwrite", (store) => store.delete(id));
  const clear = () => inStore("readwrite", (store) => store.clear());

  /* What the server says of a certificate: its state, or null when it cannot be asked now (no
     network, signed out, another household signed in). */
  async function ask(address) {
    if (!navigator.onLine) return null;
    try {
      const response = await fetch(address, { credentials: "same-origin", cache: "no-store" });
      return response.ok && !response.redirected ? await response.json() : null;
    } catch (error) {
      return null;
    }
  }

  /* Keep a certificate; whether that worked. */
  async function keep(address) {
    const state = await ask(address);
    if (!state || !state.copy) return false;
    const now = Date.now();
    await put({ id: state.id, copy: state.copy, keptAt: now, checkedAt: now, ended: null, updated: false });
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist().catch(() => false);
    return true;
  }

  /* Bring a record up to date: replaced by the newer certificate, or marked as ended and its code
     forgotten. `addressOf(id)` is where to ask. Resolves with the record as it is kept now. */
  async function refresh(record, addressOf) {
    let state = await ask(addressOf(record.id));
    if (state && state.newer) {
      const ended = state;
      state = (await ask(addressOf(state.newer))) || { ...ended, newer: null };
    }
    if (!state || !(await has(record.id))) return record; // not to be asked, or removed meanwhile
    const now = Date.now();
    if (state.copy) {
      const updated = record.updated || state.id !== record.id;
      const fresh = { ...record, id: state.id, copy: state.copy, checkedAt: now, ended: null, updated };
      await put(fresh);
      if (state.id !== record.id) await remove(record.id);
      return fresh;
    }
    const ended = { status: state.status, at: state.ended_at };
    const marked = { ...record, copy: { ...record.copy, code: null }, checkedAt: now, ended };
    await put(marked);
    return marked;
  }

  return { all, has, put, remove, clear, ask, keep, refresh };
})();

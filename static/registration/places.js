/* Province and ward are found as one types, accents or not: editable comboboxes with a list, after
   the pattern of the ARIA Authoring Practices. Without this script the province is a plain list and
   the server finds the ward. */

const MOST_SHOWN = 50;

/* As vaxplatform.vietnam.search_key: no accents, no case, Đ is D, single spaces. */
function key(text) {
  return text
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replace(/đ/g, "d")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

/* Every typed word begins a word of the name, or is short for its rank; a number is that number. */
function fits(name, words) {
  const known = name.split(" ");
  const isBegun = (word) => known.some((each) => (/^\d+$/.test(word) ? each === word : each.startsWith(word)));
  return words.every((word) => isBegun(word) || (word in SHORT && name.includes(SHORT[word])));
}

/* Those that begin as it was typed come first: "phường 5 quận 3" before "phường 3, quận 5". */
function best(names, words) {
  const found = names.filter((name) => fits(key(name), words));
  const whole = words.map((word) => SHORT[word] ?? word).join(" ").trim();
  const begins = (name) => key(name).startsWith(whole);
  return [...found.filter(begins), ...found.filter((name) => !begins(name))];
}

const SHORT = { p: "phuong", x: "xa", tt: "thi tran", q: "quan", h: "huyen", tx: "thi xa", tp: "" };

function wordsOf(text) {
  return key(text).replace(/(\D)(\d)/g, "$1 $2").split(" ").filter(Boolean);
}

class PlaceBox {
  /** `load()` gives the names; `onChoice(name)` hears of each choice, "" for a text that is none. */
  constructor(input, load, onChoice) {
    this.input = input;
    this.load = load;
    this.onChoice = onChoice;
    this.words = input.dataset;
    this.names = null; // not loaded yet
    this.active = -1;
    this.shown = [];
    this.build();
    this.listen();
  }

  build() {
    const { input } = this;
    const id = `${input.id}_list`;
    this.list = document.createElement("ul");
    Object.assign(this.list, { id, className: "place__list", hidden: true });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.labelText());
    this.status = document.createElement("p");
    this.status.className = "vh";
    this.status.setAttribute("role", "status");
    const box = document.createElement("div");
    box.className = "place";
    input.replaceWith(box);
    box.append(input, this.list, this.status);
    const roles = { role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id };
    Object.entries(roles).forEach(([name, value]) => input.setAttribute(name, value));
  }

  labelText() {
    const label = document.querySelector(`label[for="${this.input.id}"]`);
    return label ? label.textContent.trim() : "";
  }

  listen() {
    const { input, list } = this;
    input.addEventListener("input", () => {
      this.onChoice(this.exact());
      this.open();
    });
    input.addEventListener("keydown", (event) => this.onKey(event));
    input.addEventListener("focus", () => this.prepare());
    input.addEventListener("blur", () => this.leave());
    input.addEventListener("click", () => this.open(true));
    list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(this.shown[Number(option.dataset.at)]);
    });
  }

  /* The name that the text is already, accents aside; "" for none. */
  exact() {
    const typed = key(this.input.value);
    return (this.names || []).find((name) => key(name) === typed) || "";
  }

  /** Have the names at hand before the first key, so that nobody types faster than they come. */
  async prepare() {
    if (this.names) return;
    const names = await this.load();
    if (names.length) this.names = names;
    if (names.length && this.isWaiting) this.open();
  }

  /** Other names from now on. */
  forget() {
    this.names = null;
    this.input.value = "";
    this.prepare();
  }

  /** `isLooking`: opened without typing, so a name that is written out hides no other. */
  open(isLooking = false) {
    this.isWaiting = !this.names;
    if (!this.names || document.activeElement !== this.input) return;
    const words = wordsOf(this.input.value);
    const found = isLooking && this.exact() ? this.names : best(this.names, words);
    this.shown = found.slice(0, MOST_SHOWN);
    this.active = -1;
    this.list.replaceChildren(...this.shown.map((name, at) => this.option(name, at)));
    if (found.length > MOST_SHOWN) this.list.append(this.note(this.words.more));
    this.list.hidden = !this.shown.length;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    this.input.removeAttribute("aria-activedescendant");
    this.status.textContent = found.length ? this.words.count.replace("{n}", found.length) : this.words.none;
  }

  option(name, at) {
    const option = document.createElement("li");
    option.id = `${this.list.id}_${at}`;
    option.textContent = name;
    option.dataset.at = at;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    return option;
  }

  note(text) {
    const note = document.createElement("li");
    note.className = "place__more";
    note.textContent = text;
    note.setAttribute("role", "presentation");
    return note;
  }

  /* Left with a text that fits one name only: that one. */
  leave() {
    const words = wordsOf(this.input.value);
    const meant = this.exact() ? [this.exact()] : best(this.names || [], words);
    if (words.length && meant.length === 1 && meant[0] !== this.input.value) this.choose(meant[0]);
    this.close();
  }

  close() {
    this.list.hidden = true;
    this.active = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  onKey(event) {
    if (event.isComposing) return; // a Vietnamese keyboard is still putting a letter together
    const isOpen = !this.list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (isOpen) this.move(event.key === "ArrowDown" ? 1 : -1);
      else this.open(true);
    } else if (event.key === "Enter" && isOpen && this.chosenByKey()) {
      event.preventDefault();
      this.choose(this.chosenByKey());
    } else if (event.key === "Tab" && isOpen && this.input.value.trim() && this.chosenByKey()) {
      this.choose(this.chosenByKey());
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      this.close();
    }
  }

  /* The marked name; where one only is left and its text is not yet written out, that one. */
  chosenByKey() {
    if (this.active >= 0) return this.shown[this.active];
    return this.shown.length === 1 && this.shown[0] !== this.input.value ? this.shown[0] : "";
  }

  move(step) {
    const options = [...this.list.querySelectorAll("[role=option]")];
    if (this.active >= 0) options[this.active].setAttribute("aria-selected", "false");
    this.active = this.active < 0 && step < 0 ? options.length - 1 : (this.active + step + options.length) % options.length;
    const option = options[this.active];
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  choose(name) {
    this.input.value = name;
    this.close();
    this.onChoice(name);
  }
}

/* A list of provinces becomes a field over it; the list itself stays in the form, out of sight. */
function fieldOver(select) {
  const input = document.createElement("input");
  input.type = "text";
  input.className = select.className;
  Object.assign(input.dataset, select.dataset);
  ["aria-describedby", "aria-invalid"].forEach((name) => {
    if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
  });
  const { id } = select;
  select.id = `${id}_chosen`;
  select.hidden = true;
  input.id = id;
  select.before(input);
  if (select.value) input.value = select.selectedOptions[0].textContent;
  return input;
}

function searchProvinces(select) {
  const options = [...select.options].filter((option) => option.value);
  const names = options.map((option) => option.textContent);
  const input = fieldOver(select);
  const box = new PlaceBox(input, async () => names, (name) => {
    const option = options.find((each) => each.textContent === name);
    const value = option ? option.value : "";
    if (select.value === value) return;
    select.value = value;
    select.dispatchEvent(new Event("change"));
  });
  box.names = names;
}

function searchWards(input, select) {
  const load = async () => {
    if (!select.value) return [];
    try {
      const answer = await fetch(input.dataset.wards.replace("/00/", `/${select.value}/`));
      return answer.ok ? (await answer.json()).wards : [];
    } catch {
      return []; // no network now: the server finds the ward
    }
  };
  const box = new PlaceBox(input, load, () => {});
  select.addEventListener("change", () => box.forget());
}

document.querySelectorAll("select[data-place=province]").forEach((select) => {
  const ward = select.form.querySelector("input[data-place=ward]");
  searchProvinces(select);
  if (ward) searchWards(ward, select);
});

// The search fields that the admin draws over a select take the name of the select's own label.
// They are drawn when the page is ready, and again with each row that is added.
const nameDrawnFields = () => {
  for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
    const label = document.querySelector(`label[for="${select.id}"]`);
    const drawn = select.nextElementSibling;
    if (!label || !drawn) continue;
    const name = label.textContent.trim().replace(/\s*\*$/, "");
    for (const part of drawn.querySelectorAll("[role=combobox], [role=textbox]")) {
      if (part.getAttribute("aria-label") !== name) part.setAttribute("aria-label", name);
    }
  }
};
addEventListener("DOMContentLoaded", () => {
  new MutationObserver(nameDrawnFields).observe(document.body, { childList: true, subtree: true });
  nameDrawnFields();
});

// A text to start from goes into its field at once; without this script the link reloads the page
// with the field filled. What somebody typed is not thrown away: the text is put after it.
for (const link of document.querySelectorAll("a[data-text]")) {
  link.addEventListener("click", (event) => {
    const field = document.getElementById(link.dataset.into);
    if (!field) return;
    event.preventDefault();
    const typed = field.value.trim();
    field.value = typed ? `${typed}\n${link.dataset.text}` : link.dataset.text;
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// Small comforts of every page: filters apply themselves.
for (const field of document.querySelectorAll("[data-submit]")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}

// Whose telephone is not connected reads so on every page. Whoever is not signed in any more sees none: the page leaves by
// itself, except the telephone's, which may be in a call and leaves when that is over.
const sign = document.getElementById("presence");
if (document.body.dataset.here) {
  const { presence } = await import(`./presence.js${new URL(import.meta.url).search}`);
  presence.addEventListener("told", ({ detail: { present, status } }) => {
    if (sign) sign.hidden = present || status === "offline";
  });
  presence.addEventListener("out", () => {
    if (sign) sign.hidden = true;
    if (!document.getElementById("desk")) presence.go();
  });
}

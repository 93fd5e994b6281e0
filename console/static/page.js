// Small comforts of every page: filters apply themselves.
for (const field of document.querySelectorAll("[data-submit]")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}

// Whose telephone is not connected reads so on every page.
const sign = document.getElementById("presence");
if (sign) {
  const { presence } = await import(`./presence.js${new URL(import.meta.url).search}`);
  presence.addEventListener("told", ({ detail: { present, status } }) => {
    sign.hidden = present || status === "offline";
  });
  presence.addEventListener("out", () => { sign.hidden = true; });
}

// What the console gains where scripts run. Without this file each page works by its links and buttons.

// Whoever was refused something stands at what was wrong.
document.querySelector("[data-summary]")?.focus();

// Work that goes on: look again until it is over, and say how far it is.
const waiting = document.querySelector("[data-waits]");
if (waiting) {
  const said = document.querySelector(".said");
  const look = async () => {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-waits]");
      if (!fresh) {
        location.reload();
        return;
      }
      const place = document.querySelector("[data-waits]");
      if (fresh.textContent !== place.textContent) {
        place.innerHTML = fresh.innerHTML;
        said.textContent = fresh.querySelector("p")?.textContent ?? "";
      }
    } catch {
      // The server is away for a moment; the next look may find it.
    }
    setTimeout(look, 1500);
  };
  setTimeout(look, 1000);
}

// A file may be dropped on its field.
for (const place of document.querySelectorAll(".drop")) {
  const input = place.querySelector('input[type="file"]');
  const over = (event) => {
    event.preventDefault();
    place.classList.toggle("over", event.type === "dragover");
  };
  place.addEventListener("dragover", over);
  place.addEventListener("dragleave", over);
  place.addEventListener("drop", (event) => {
    over(event);
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  });
}

// A long file is on its way: the button says so and is not pressed twice.
for (const form of document.querySelectorAll("form[data-sends]")) {
  form.addEventListener("submit", () => {
    const button = form.querySelector('button[type="submit"]');
    button.setAttribute("aria-disabled", "true");
    button.textContent = form.dataset.sends;
    form.addEventListener("submit", (again) => again.preventDefault());
  });
}

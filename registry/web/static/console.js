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

// Many are ticked or cleared at once.
for (const ticks of document.querySelectorAll("[data-ticks]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  button.textContent = ticks.dataset.ticks;
  button.addEventListener("click", () => {
    const boxes = [...ticks.querySelectorAll('input[type="checkbox"]')];
    const all = boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = !all;
  });
  const row = document.createElement("p");
  row.className = "all";
  row.append(button);
  ticks.prepend(row);
}

// A file may be dropped on its form.
const droppable = (place) => {
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
};

// A long file is on its way: the page says how far, and keeps the file if something is refused.
const sending = (form) => {
  const button = form.querySelector('button[type="submit"]');
  const input = form.querySelector('input[type="file"]');
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled")) return;
    const words = button.textContent;
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", form.dataset.sends);
    button.setAttribute("aria-disabled", "true");
    button.textContent = form.dataset.sends;
    button.after(bar);
    const again = () => {
      button.removeAttribute("aria-disabled");
      button.textContent = words;
      bar.remove();
    };
    const way = new XMLHttpRequest();
    way.upload.addEventListener("progress", (told) => {
      if (!told.lengthComputable) return;
      bar.value = told.loaded / told.total;
      button.textContent = `${form.dataset.sends} ${Math.floor(bar.value * 100)}%`;
    });
    way.addEventListener("load", () => {
      if (way.status < 400) {
        location.assign(way.responseURL);
        return;
      }
      const page = new DOMParser().parseFromString(way.responseText, "text/html");
      const fresh = page.querySelector("main");
      const other = fresh?.querySelector('input[type="file"]');
      if (!other) {
        again();
        form.submit();
        return;
      }
      other.files = input.files;
      document.querySelector("main").replaceWith(document.adoptNode(fresh));
      dress();
      document.querySelector("[data-summary]")?.focus();
    });
    way.addEventListener("error", () => {
      again();
      form.submit();
    });
    way.open("POST", form.action);
    way.send(new FormData(form));
  });
};

const dress = () => {
  for (const place of document.querySelectorAll(".drop")) droppable(place);
  for (const form of document.querySelectorAll("form[data-sends]")) sending(form);
};
dress();

// What a page gains where scripts run: a choice shows at once, without leaving the page.
// Without this file every form works by its button.

const said = document.querySelector(".said");
let asking = null;
let shown = location.pathname + location.search;

async function show(address, remember) {
  const part = document.querySelector("[data-live-part]");
  asking?.abort();
  asking = new AbortController();
  part?.setAttribute("aria-busy", "true");
  said.textContent = part?.dataset.busy ?? "";
  try {
    const answer = await fetch(address, { signal: asking.signal, headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-live-part]");
    if (!part || !fresh) {
      location.assign(address);
      return;
    }
    if (remember) history.pushState({}, "", answer.url);
    shown = location.pathname + location.search;
    document.title = page.title;
    part.replaceWith(fresh);
    exchangeForm(page);
    for (const link of page.querySelectorAll("a.language")) {
      document.querySelector(`a.language[hreflang="${link.hreflang}"]`)?.setAttribute("href", link.getAttribute("href"));
    }
    said.textContent = fresh.querySelector("h2")?.textContent ?? page.title;
  } catch (problem) {
    if (problem.name !== "AbortError") location.assign(address);
  }
}

// The form may offer other filters now; whoever was choosing stays where they were.
function exchangeForm(page) {
  const form = document.querySelector("form.choices[data-live]");
  const fresh = page.querySelector("form.choices[data-live]");
  if (!form || !fresh) return;
  const place = form.contains(document.activeElement) ? document.activeElement.id : "";
  form.replaceWith(fresh);
  if (place) document.getElementById(place)?.focus();
}

function addressOf(form) {
  const said = [...new FormData(form)].filter(([, value]) => value !== "");
  const query = new URLSearchParams(said).toString().replaceAll("%2C", ",");
  return form.getAttribute("action") + (query ? `?${query}` : "");
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form.choices[data-live]");
  if (form && event.target.matches("select")) show(addressOf(form), true);
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form.choices[data-live]");
  if (!form) return;
  event.preventDefault();
  show(addressOf(form), true);
});

// Also fired on the way to a place in the page, which changes nothing that is shown.
addEventListener("popstate", () => {
  if (shown !== location.pathname + location.search) show(location.href, false);
});

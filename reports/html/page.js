/* What makes the tables of report.html handy: sorting, filtering, light or dark. The page is whole without it.
   Text of a run is only ever compared and moved, as text. */
const cfgtPage = (() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "text") element.textContent = value;
      else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children);
    return element;
  };

  /* Said by a screen reader, seen by nobody. */
  const live = make("p", { class: "off", role: "status", "aria-live": "polite" });
  document.body.append(live);
  const say = (text) => { live.textContent = text; };

  /* ---- Light or dark: what the system says, until somebody chooses. */
  const preferred = matchMedia("(prefers-color-scheme: dark)");
  const listeners = [];
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : preferred.matches);
  const theme = document.getElementById("theme");
  function showTheme() {
    if (theme) {
      theme.textContent = isDark() ? "Light" : "Dark";
      theme.setAttribute("aria-label", `Switch to ${isDark() ? "light" : "dark"} colours`);
    }
    for (const listener of listeners) listener();
  }
  if (theme) {
    theme.hidden = false;
    theme.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      showTheme();
    });
  }
  preferred.addEventListener("change", showTheme);
  showTheme();

  /* ---- Sorting: a button in each head of a table that asks for it. A cell's figure is in data-v, else its text counts;
     what has no figure goes to the end either way. */
  function valueOf(row, index) {
    const cell = row.cells[index];
    if (!cell) return { number: NaN, text: "" };
    const figure = cell.dataset.v;
    return { number: figure === undefined ? NaN : Number(figure), text: cell.textContent.trim() };
  }
  function sort(table, index, descending) {
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => ({ row, ...valueOf(row, index) }));
    const figures = rows.some(({ number }) => !Number.isNaN(number));
    const sign = descending ? -1 : 1;
    rows.sort((a, b) => {
      if (!figures) return sign * a.text.localeCompare(b.text, "en", { numeric: true });
      if (Number.isNaN(a.number) || Number.isNaN(b.number)) return Number.isNaN(a.number) - Number.isNaN(b.number);
      return sign * (a.number - b.number);
    });
    body.append(...rows.map(({ row }) => row));
    [...table.tHead.rows[0].cells].forEach((head, at) => {
      if (head.querySelector("button.sort")) {
        head.setAttribute("aria-sort", at !== index ? "none" : descending ? "descending" : "ascending");
      }
    });
  }
  function sortable(table) {
    [...table.tHead.rows[0].cells].forEach((head, index) => {
      if (head.dataset.sort === "no") return;
      const button = make("button", { type: "button", class: "sort" });
      button.append(...head.childNodes);
      head.append(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const state = head.getAttribute("aria-sort");
        // Figures are looked at from the largest, words from the first.
        const first = head.classList.contains("n");
        const descending = state === "none" ? first : state === "ascending";
        sort(table, index, descending);
        say(`sorted by ${button.textContent.trim()}, ${descending ? "descending" : "ascending"}`);
      });
    });
  }

  /* ---- Filtering: rows that hold every word. */
  const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);
  function filterable(table) {
    const rows = [...table.tBodies[0].rows];
    const name = table.caption ? table.caption.textContent : "rows";
    const input = make("input", { type: "search", placeholder: "filter rows", "aria-label": `Filter: ${name}` });
    const count = make("span", { class: "count" });
    const texts = rows.map((row) => row.textContent.toLowerCase());
    input.addEventListener("input", () => {
      const words = wordsOf(input.value);
      let shown = 0;
      rows.forEach((row, at) => {
        row.hidden = !words.every((word) => texts[at].includes(word));
        shown += !row.hidden;
      });
      count.textContent = words.length ? `${shown} of ${rows.length}` : "";
      say(`${shown} of ${rows.length} rows`);
    });
    const bar = make("p", { class: "filter" }, input, count);
    (table.closest(".scroll") || table).before(bar);
  }
  for (const table of document.querySelectorAll("table.sortable")) sortable(table);
  for (const table of document.querySelectorAll("table.filterable")) {
    if (table.tBodies[0].rows.length > 5) filterable(table);
  }

  /* ---- A link to something folded opens it. */
  function reveal() {
    const target = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    for (let at = target; at; at = at.parentElement) {
      if (at instanceof HTMLDetailsElement) at.open = true;
    }
    if (target) target.scrollIntoView();
    return target;
  }

  return { make, say, wordsOf, isDark, onTheme: (listener) => listeners.push(listener), reveal };
})();

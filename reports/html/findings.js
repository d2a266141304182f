/* Findings: a list that is searched, those that the page does not hold drawn when they are opened, and a stepper through
   each schedule. All comes from the JSON in #finding-data; its texts are set as text. */
const cfgtFindings = (() => {
  "use strict";
  const { make, say, wordsOf } = cfgtPage;
  const BATCH = 100;  // that many are listed at a time
  const source = document.getElementById("finding-data");
  let data = null;

  const text = (index) => data.strings[index];
  const code = (content) => make("code", { text: content });
  const small = (...children) => make("p", { class: "sub" }, ...children);

  /* ---- What a finding shows; the page's own are drawn the same way by reports/html/findings.cc. */
  function summaryOf(finding) {
    const where = [text(finding.p), text(finding.e), `${finding.c}×`];
    if (finding.n >= 0) where.push(`${finding.n} preemption${finding.n === 1 ? "" : "s"}`);
    return make("summary", {},
      make("span", { class: "hazard" }, make("bdi", { text: text(finding.h) })), " ",
      make("bdi", { class: "who", text: text(finding.s) }), " ", text(finding.t), " ",
      make("span", { class: "where", text: where.join(", ") }));
  }

  function accessOf([what, who, frames, locks]) {
    const box = make("div", { class: "access" }, make("p", {}, make("b", { text: text(what) })));
    if (text(who)) box.firstChild.append(make("br"), "by ", make("bdi", { text: text(who) }));
    if (frames.length) {
      box.append(make("ol", {}, ...frames.map(([name, place]) =>
        make("li", {}, code(text(name)), " ", make("span", { text: text(place) })))));
    }
    box.append(make("p", { text: `locks held: ${text(locks)}` }));
    return box;
  }

  function scheduleOf(grid) {
    const head = make("tr", {}, make("th", { scope: "col", text: "step" }),
      ...grid.columns.map((name) => make("th", { scope: "col" }, make("bdi", { text: text(name) }))));
    const body = make("tbody");
    grid.rows.forEach((row, at) => {
      const [number, column, what, clash] = row;
      if (grid.left > 0 && at === grid.before) {
        body.append(make("tr", {}, make("td"),
          make("td", { colspan: grid.columns.length, text: `… ${grid.left} steps left out; replay draws them` })));
      }
      const first = make("th", { scope: "row" });
      if (clash) first.append(make("b", { text: "!" }), " ");
      first.append(String(number));
      body.append(make("tr", { class: clash ? "clash" : null, "data-row": at }, first,
        ...grid.columns.map((_, i) => make("td", { text: i === column ? text(what) : "" }))));
    });
    const table = make("table", { class: "schedule" }, make("caption", { class: "off", text: "Schedule" }),
      make("thead", {}, head), body);
    const room = make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Schedule" }, table);
    return grid.folded > 0
      ? [room, small("(+N): N steps not drawn, of locks that nobody else wanted, clock and set-up.")] : [room];
  }

  function bodyOf(finding) {
    const parts = [];
    const body = finding.b;
    if (text(body.detail)) parts.push(make("pre", { text: text(body.detail) }));
    if (body.accesses.length) parts.push(make("div", { class: "accesses" }, ...body.accesses.map(accessOf)));
    if (text(body.why)) parts.push(make("p", { text: text(body.why) }));
    if (finding.g) parts.push(...scheduleOf(finding.g));
    if (body.orderings.length) {
      parts.push(make("p", { text: "It fails only if" }), make("ul", { class: "orderings" },
        ...body.orderings.map(([before, after]) =>
          make("li", {}, code(text(before)), " before ", code(text(after))))));
    }
    if (text(body.reduction)) parts.push(small(text(body.reduction)));
    if (text(body.repeat)) parts.push(make("p", { class: "repeat" }, `${text(body.how)}: `, code(text(body.repeat))));
    parts.push(small(text(body.seen)));
    return parts;
  }

  /* ---- The stepper. */
  function stepper(details, grid) {
    const rows = new Map();
    for (const row of details.querySelectorAll("tr[data-row]")) rows.set(Number(row.dataset.row), row);
    const last = grid.rows.length - 1;
    const start = make("button", { type: "button", text: "Step through" });
    const first = make("button", { type: "button", "aria-label": "First step", text: "|◀" });
    const back = make("button", { type: "button", "aria-label": "Step back", text: "◀" });
    const next = make("button", { type: "button", "aria-label": "Next step", text: "▶" });
    const clash = make("button", { type: "button", text: "to the clash" });
    const count = make("span", { class: "count" });
    const now = make("p", { class: "now", "aria-live": "polite" });
    const where = make("p", { class: "line", "aria-live": "polite" });
    const facts = make("dl", { class: "facts" });
    const panel = make("div", { class: "stepper", role: "group", tabindex: 0, hidden: true,
      "aria-label": "Stepper: arrow keys go from step to step, Home and End to the first and last" },
      make("p", { class: "bar" }, first, back, next, clash, count,
        make("span", { class: "sub", text: "arrow keys, Home, End" })), now, where, facts);
    let at = -1;

    function show(to) {
      if (rows.has(at)) rows.get(at).classList.remove("at");
      at = Math.max(0, Math.min(last, to));
      const row = rows.get(at);
      row.classList.add("at");
      const folded = row.closest("details");
      if (folded !== details) folded.open = true;
      const [number, column, what, clashes, place, source] = grid.rows[at];
      row.cells[column + 1].scrollIntoView({ block: "nearest", inline: "nearest" });
      count.textContent = `${at + 1} of ${last + 1}`;
      now.replaceChildren(make("b", {}, make("bdi", { text: text(grid.columns[column]) })), ` ${clashes ? "! " : ""}`,
        text(what), make("span", { class: "sub", text: ` (scheduling point ${number})` }));
      where.replaceChildren(text(place) ? make("span", { text: text(place) })
        : make("span", { class: "none", text: "no line of the code is known for this" }));
      if (text(source)) where.append(code(text(source)));
      const state = data.facts.map(() => new Map());
      for (let i = 0; i <= at; ++i) {
        for (const [kind, about, value] of grid.rows[i][6]) {
          if (value < 0) state[kind].delete(about);
          else state[kind].set(about, value);
        }
      }
      const changed = new Set(grid.rows[at][6].map(([kind, about]) => `${kind} ${about}`));
      facts.replaceChildren(...data.facts.flatMap((name, kind) => {
        const lines = [...state[kind]].map(([about, value]) =>
          make("li", { class: changed.has(`${kind} ${about}`) ? "changed" : null },
            make("bdi", { text: text(about) }), ": ", make("bdi", { text: text(value) })));
        const ended = grid.rows[at][6].filter(([of, , value]) => of === kind && value < 0).map(([, about]) =>
          make("li", { class: "ended" }, make("bdi", { text: text(about) }), ": no more"));
        if (!lines.length && !ended.length) lines.push(make("li", { class: "none", text: "none known" }));
        return [make("dt", { text: name }), make("dd", {}, make("ul", {}, ...lines, ...ended))];
      }));
      back.disabled = first.disabled = at === 0;
      next.disabled = at === last;
    }
    const clashes = grid.rows.flatMap((row, i) => (row[3] ? [i] : []));
    clash.hidden = !clashes.length;
    clash.addEventListener("click", () => show(clashes.find((i) => i > at) ?? clashes[0]));
    first.addEventListener("click", () => show(0));
    back.addEventListener("click", () => show(at - 1));
    next.addEventListener("click", () => show(at + 1));
    start.addEventListener("click", () => {
      panel.hidden = !panel.hidden;
      start.textContent = panel.hidden ? "Step through" : "Close the stepper";
      if (panel.hidden) {
        rows.get(at).classList.remove("at");
      } else {
        show(at < 0 ? 0 : at);
        panel.focus();
      }
    });
    const keys = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };
    panel.addEventListener("keydown", (event) => {
      if (!(event.key in keys) || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      show(at + keys[event.key]);
    });
    const schedules = details.querySelectorAll("table.schedule");
    const room = schedules[schedules.length - 1].closest(".scroll");
    room.after(make("p", { class: "step" }, start), panel);
  }

  /* Draws what a listed finding holds, and gives each the stepper, when it is opened. */
  function open(details, finding) {
    if (details.dataset.ready) return;
    details.dataset.ready = "1";
    if (!finding.x) details.append(...bodyOf(finding));
    if (finding.g && finding.g.rows.length > 1) stepper(details, finding.g);
  }

  function listed(finding) {
    const own = finding.x ? document.getElementById(finding.id) : null;
    const details = own ? own.cloneNode(true)
      : make("details", { class: finding.d ? "finding differ" : "finding" }, summaryOf(finding));
    details.removeAttribute("id");
    delete details.dataset.ready;
    for (const extra of details.querySelectorAll(".step, .stepper")) extra.remove();
    for (const row of details.querySelectorAll("tr.at")) row.classList.remove("at");
    if (own) details.querySelector("summary").replaceWith(summaryOf(finding));
    details.open = false;
    details.addEventListener("toggle", () => { if (details.open) open(details, finding); });
    return details;
  }

  /* ---- The list. */
  function start() {
    data = JSON.parse(source.textContent);
    const all = data.findings;
    const byId = new Map(all.map((finding) => [finding.id, finding]));
    for (const details of document.querySelectorAll("details.finding[id]")) {
      const finding = byId.get(details.id);
      const draw = () => { if (details.open) open(details, finding); };
      details.addEventListener("toggle", draw);
      draw();
    }

    const shown = document.getElementById("finding-static");
    const list = make("div", { hidden: true });
    const count = make("span", { class: "count" });
    const search = make("input", { type: "search", placeholder: "search findings", "aria-label": "Search findings" });
    const choice = (label, key) => {
      const counts = new Map();
      for (const finding of all) counts.set(finding[key], (counts.get(finding[key]) || 0) + 1);
      const options = [...counts].map(([index, n]) => [text(index), index, n]).sort((a, b) => (a[0] < b[0] ? -1 : 1));
      return make("select", { "aria-label": label }, make("option", { value: "", text: `every ${label}` }),
        ...options.map(([name, index, n]) => make("option", { value: index, text: `${name} (${n})` })));
    };
    const hazard = choice("hazard", "h");
    const strategy = choice("strategy", "s");
    const differs = make("input", { type: "checkbox" });
    const everything = make("button", { type: "button", text: `list all ${all.length}` });
    const clear = make("button", { type: "button", text: "back to a few of each kind", hidden: true });
    const bar = make("p", { class: "filter", role: "search", "aria-label": "Findings" }, search, hazard, strategy);
    if (all.some((finding) => finding.d)) bar.append(make("label", {}, differs, " differs from the table"));
    bar.append(everything, clear, count);
    shown.before(bar, list);

    const textOf = (finding) => {
      finding.text ??= [finding.h, finding.s, finding.p, finding.e, finding.t].map(text).join(" ").toLowerCase();
      return finding.text;
    };
    function show(found) {
      list.replaceChildren();
      list.hidden = false;
      shown.hidden = true;
      clear.hidden = false;
      count.textContent = `${found.length} of ${all.length}`;
      say(`${found.length} of ${all.length} findings`);
      let at = 0;
      const more = make("button", { type: "button", class: "more" });
      const draw = () => {
        const batch = found.slice(at, at + BATCH).map(listed);
        at += batch.length;
        more.remove();
        list.append(...batch);
        if (at < found.length) {
          more.textContent = `${Math.min(BATCH, found.length - at)} more of ${found.length - at}`;
          list.append(more);
        }
        return batch;
      };
      more.addEventListener("click", () => draw()[0].querySelector("summary").focus());
      draw();
      if (!found.length) list.append(small("No finding is like that."));
    }
    function leave() {
      list.replaceChildren();
      list.hidden = clear.hidden = true;
      shown.hidden = false;
      count.textContent = "";
    }
    function filter() {
      const words = wordsOf(search.value);
      if (!words.length && hazard.value === "" && strategy.value === "" && !differs.checked) return leave();
      show(all.filter((finding) =>
        (hazard.value === "" || finding.h === Number(hazard.value)) &&
        (strategy.value === "" || finding.s === Number(strategy.value)) &&
        (!differs.checked || finding.d) && words.every((word) => textOf(finding).includes(word))));
    }
    search.addEventListener("input", filter);
    for (const control of [hazard, strategy, differs]) control.addEventListener("change", filter);
    everything.addEventListener("click", () => show(all));
    clear.addEventListener("click", () => {
      search.value = hazard.value = strategy.value = "";
      differs.checked = false;
      leave();
      search.focus();
    });
    for (const line of document.querySelectorAll("[data-kind]")) {
      const kind = Number(line.dataset.kind);
      const button = make("button", { type: "button", text: "list them" });
      button.addEventListener("click", () => {
        show(all.filter((finding) => finding.k === kind));
        bar.scrollIntoView();
        list.querySelector("summary").focus();
      });
      line.append(" ", button);
    }

    /* A link from elsewhere in the page to a finding that the page does not hold. */
    function follow() {
      const finding = byId.get(location.hash.slice(1));
      if (finding && !finding.x) {
        show([finding]);
        list.firstChild.open = true;
        bar.scrollIntoView();
      } else {
        if (finding && shown.hidden) leave();
        cfgtPage.reveal();
      }
    }
    addEventListener("hashchange", follow);
    if (location.hash) follow();
    document.documentElement.dataset.ready = "1";
  }

  /* The page is painted first. */
  if (source) requestAnimationFrame(() => setTimeout(start));
  else {
    addEventListener("hashchange", cfgtPage.reveal);
    document.documentElement.dataset.ready = "1";
  }
})();

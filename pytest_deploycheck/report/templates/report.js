// Search and filter for the checks. The page is whole without: what is needed for it is made here.
"use strict";
(() => {
  const rows = Array.from(document.querySelectorAll(".phase tbody tr"));
  const phases = Array.from(document.querySelectorAll(".phase"));
  const phaseOf = rows.map(row => row.closest(".phase"));
  const statuses = rows.map(row => row.cells[1].firstElementChild.textContent);
  const fine = ["PASS", "NOT_APPLICABLE"];
  const folded = new Set();
  let texts = null;

  const make = (tag, fields, ...children) => {
    const made = Object.assign(document.createElement(tag), fields);
    made.append(...children);
    return made;
  };
  const words = make("input", { type: "search" });
  const names = ["any", "not passed", ...new Set(statuses)];
  const status = make("select", {}, ...names.map(name => make("option", {}, name)));
  const said = make("output", {});
  const bar = make("form", { className: "filter" },
    make("label", {}, "Find in the checks ", words), make("label", {}, "Status ", status), said);
  bar.setAttribute("role", "search");

  const fits = (number, wanted) => {
    const own = statuses[number];
    const is = status.selectedIndex === 0 || (status.selectedIndex === 1 ? !fine.includes(own) : own === status.value);
    return is && wanted.every(word => texts[number].includes(word));
  };

  const apply = () => {
    texts ??= rows.map(row => row.textContent.toLowerCase());
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const active = wanted.length > 0 || status.selectedIndex > 0;
    const hit = new Set();
    let count = 0;
    rows.forEach((row, number) => {
      const shown = fits(number, wanted);
      if (row.hidden === shown) row.hidden = !shown;
      if (shown) { count += 1; hit.add(phaseOf[number]); }
    });
    for (const phase of phases) {
      phase.hidden = active && !hit.has(phase);
      const fold = phase.querySelector(":scope > details");
      if (fold && active && !fold.open) { fold.open = true; folded.add(fold); }
    }
    if (!active) { folded.forEach(fold => { fold.open = false; }); folded.clear(); }
    said.textContent = active ? `${count} of ${rows.length} checks shown` : "";
  };

  const clear = () => { bar.reset(); apply(); };
  bar.addEventListener("input", apply);
  bar.addEventListener("submit", event => event.preventDefault());
  // A link from above may lead to what is hidden.
  addEventListener("hashchange", () => { clear(); document.querySelector(":target")?.scrollIntoView(); });
  phases[0].before(bar);
})();

"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const pane = document.getElementById("document");
  const back = document.getElementById("back");
  let origin = null;

  // --- a click on a citation shows it in the document ---
  const forget = () => {
    for (const old of document.querySelectorAll(".active, .current")) old.classList.remove("active", "current");
  };
  const show = (targets, from) => {
    if (!targets.length) return false;
    forget();
    for (const target of targets) target.classList.add("active");
    const [first] = targets;
    first.tabIndex = -1;
    // Twice: blocks of the document get their real height only when they come into view.
    first.scrollIntoView({ block: "center", behavior: "instant" });
    requestAnimationFrame(() => first.scrollIntoView({ block: "center", behavior: "instant" }));
    first.focus({ preventScroll: true });
    origin = from;
    if (from) from.classList.add("current");
    if (back) back.hidden = !from;
    return true;
  };
  const cited = (number) => pane ? [...pane.querySelectorAll(`mark[data-c~="${CSS.escape(number)}"]`)] : [];
  const line = (name) => [document.getElementById(name)].filter(Boolean);
  const goBack = () => {
    if (!origin) return;
    const link = origin;
    forget();
    origin = null;
    back.hidden = true;
    link.scrollIntoView({ block: "center", behavior: "instant" });
    link.focus({ preventScroll: true });
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-cite], a[data-line]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const { cite } = link.dataset;
    if (show(cite ? cited(cite) : line(link.dataset.line), link)) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") goBack();
  });
  if (back) back.addEventListener("click", goBack);
  const named = /^#c(\d+)$/.exec(location.hash);
  if (named) show(cited(named[1]), null);

  // --- filters: severity and dimension are rules of the style sheet, the text is matched here ---
  const findings = [...document.querySelectorAll(".finding")];
  const form = document.querySelector(".filters");
  const shown = document.getElementById("shown");
  if (!form) return;
  const text = document.getElementById("text");
  const apply = () => {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const finding of findings) {
      const said = finding.textContent.toLowerCase();
      finding.classList.toggle("unmatched", !words.every((word) => said.includes(word)));
    }
    const seen = findings.filter((finding) => getComputedStyle(finding).display !== "none").length;
    shown.textContent = `${seen} of ${findings.length} findings shown`;
  };
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => event.preventDefault());
  apply();
})();

"use strict";
document.documentElement.classList.add("js");
(() => {
  const at = (id) => document.getElementById(id);
  const find = at("find"), severity = at("severity"), aspect = at("aspect"), aspects = at("aspects");
  const map = document.querySelector(".map"), count = at("count");
  const rows = [...map.tBodies[0].rows];
  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const fits = words.every((word) => row.dataset.find.includes(word)) &&
        Number(row.dataset.worst) <= Number(severity.value) &&
        (!aspect.value || row.dataset.lacks.includes(` ${aspect.value} `));
      row.hidden = !fits;
      shown += fits;
    }
    count.textContent = `${shown} of ${rows.length} designs`;
  };
  for (const input of [find, severity, aspect]) input.addEventListener("input", filter);
  aspects.addEventListener("input", () => map.classList.toggle("all", aspects.checked));
  document.querySelector(".filters").addEventListener("submit", (event) => event.preventDefault());
  filter();
})();

// What a keyboard and a screen reader need, and the theme leaves out.
"use strict";

function reach() {
  for (const each of document.querySelectorAll("pre, .table-wrapper, .cell_output, .formula")) {
    if (each.scrollWidth > each.clientWidth) each.tabIndex = 0; // it is scrolled by arrow keys
    else each.removeAttribute("tabindex");
  }
}

for (const each of document.querySelectorAll(".caption[role=heading]")) {
  each.setAttribute("aria-level", "2");
}
for (const [drawer, label] of [[".sidebar-drawer", "Pages"], [".toc-drawer", "On this page"]]) {
  document.querySelector(drawer)?.setAttribute("aria-label", label);
}
addEventListener("resize", reach);
addEventListener("load", reach);

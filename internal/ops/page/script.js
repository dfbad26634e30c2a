"use strict";
(function () {
  const form = document.getElementById("filter");
  if (!form) { return; }
  const list = document.getElementById("list");
  const items = Array.from(list.children); // all of them; the page contains only those that are shown
  const matches = document.getElementById("matches");
  const fields = ["q", "outcome", "control", "account"];
  const more = document.getElementById("more");
  const step = 200; // as many as a browser lays out without a delay
  let limit = step;
  let texts = null; // of the items, in lower case; made for the first search

  function value(name) { return form.elements.namedItem(name).value.trim(); }

  function textOf(item, i) {
    if (!texts) { texts = items.map(function (one) { return one.textContent.toLowerCase(); }); }
    return texts[i];
  }

  function apply() {
    const words = value("q").toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = ["outcome", "control", "account"].filter(function (name) { return value(name) !== ""; });
    const fitting = items.filter(function (item, i) {
      return wanted.every(function (name) { return item.dataset[name] === value(name); }) &&
        words.every(function (word) { return textOf(item, i).includes(word); });
    });
    list.replaceChildren(...fitting.slice(0, limit));
    matches.textContent = number(fitting.length) + " of " + number(items.length) + (fitting.length > limit ? " match; showing the first " + number(limit) + "." : " shown.");
    more.hidden = fitting.length <= limit;
  }

  function number(n) { return n.toLocaleString("en"); }

  function renew() {
    limit = step;
    apply();
    remember();
  }

  // The URL keeps the filter, so that it can be shared.
  function remember() {
    const hash = new URLSearchParams();
    fields.forEach(function (name) { if (value(name) !== "") { hash.set(name, value(name)); } });
    history.replaceState(null, "", "#" + (hash.toString() || form.dataset.section));
  }

  // restore takes the filter from the URL and reports whether the URL has one.
  function restore() {
    const hash = new URLSearchParams(location.hash.slice(1));
    if (!fields.some(function (name) { return hash.has(name); })) { return false; }
    fields.forEach(function (name) { form.elements.namedItem(name).value = hash.get(name) || ""; });
    return true;
  }

  let timer = 0;
  function later() {
    clearTimeout(timer);
    timer = setTimeout(renew, 150);
  }

  list.classList.add("ready");
  form.hidden = false;
  form.addEventListener("input", later);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("reset", function () { setTimeout(renew); });
  more.addEventListener("click", function () {
    const before = list.children.length;
    limit *= 5;
    apply();
    list.children[before].querySelector("summary").focus();
  });
  addEventListener("hashchange", function () { if (restore()) { apply(); } });
  // A printed page has no button to show more.
  addEventListener("beforeprint", function () {
    limit = items.length;
    apply();
  });

  // The link of a control or an account shows the list of what is about it.
  document.addEventListener("click", function (event) {
    const link = event.target.closest("a[data-name]");
    if (!link) { return; }
    form.reset();
    form.elements.namedItem(link.dataset.name).value = link.dataset.value;
    apply();
  });

  const filtered = restore();
  apply();
  if (filtered) { document.getElementById(form.dataset.section).scrollIntoView(); }
})();

// Saves what is being written by itself. Everything works without it: each button of the form saves too.
"use strict";
(() => {
  const form = document.querySelector("form[data-autosave]");
  if (!form) return;
  const status = document.getElementById("status");
  const every = 20000;
  let dirty = false, sending = false, leaving = false, stopped = false, again = 0, wait = 2000;

  const say = (text, failed) => {
    status.textContent = text;
    status.classList.toggle("failed", Boolean(failed));
  };

  const body = () => {
    const sent = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") sent.append(name, value);
    return sent;
  };

  const controls = (name) => [...form.elements].filter((control) => control.name === name);
  const text = (sent, name) => sent.getAll(name).filter(Boolean).join("\n");

  // An answer that somebody else changed too stays as it is in this form, is not saved, and waits to be settled.
  const unsettle = (name) => {
    if (controls("unsettled").some((input) => input.value === name)) return;
    const input = document.createElement("input");
    Object.assign(input, {type: "hidden", name: "unsettled", value: name});
    form.append(input);
  };

  // What others changed is shown, so that the next save does not take it back. What was typed since is left to be settled.
  const takeOver = (told, sent) => {
    const now = body();
    for (const [name, value] of Object.entries(told.texts)) {
      if (text(now, name) !== text(sent, name)) {
        unsettle(name);
        continue;
      }
      for (const control of controls(name)) {
        if (control.type === "radio") control.checked = control.value === value;
        else if (control.type === "checkbox") control.checked = value.split("\n").includes(control.value);
        else if (control.type !== "hidden") control.value = value;
      }
    }
    for (const [name, keys] of Object.entries(told.orders)) {
      const list = controls(name)[0];
      if (!list) continue;
      for (const key of list.value.split(" ")) {
        if (!keys.split(" ").includes(key)) document.getElementById(`${name}.${key}`)?.remove();
      }
      list.value = keys;
    }
  };

  const conflicts = (found) => {
    for (const item of found.filter((item) => item.kind === "text")) unsettle(item.field);
    const look = document.createElement("button");
    Object.assign(look, {type: "submit", name: "do", value: "stay", className: "plain", textContent: form.dataset.both});
    say(found.map((item) => item.said).join(" ") + " ", true);
    status.append(look);
  };

  const later = () => {
    clearTimeout(again);
    again = setTimeout(save, wait);
    wait = Math.min(wait * 2, 60000);
  };

  async function save() {
    if (!dirty || sending || leaving || stopped) return;
    sending = true;
    dirty = false;
    const sent = body();
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: sent, headers: {accept: "application/json"}, credentials: "same-origin", redirect: "error",
      });
      if (answer.status >= 500 || answer.status === 429) throw new Error(String(answer.status));
      if (!answer.ok) {
        stopped = dirty = true;
        say(form.dataset.gone, true);
        return;
      }
      const told = await answer.json();
      form.elements.namedItem("base").value = told.base;
      wait = 2000;
      takeOver(told, sent);
      if (told.conflicts.length) conflicts(told.conflicts);
      else say(`${form.dataset.saved} ${told.saved}`);
    } catch {
      dirty = true;
      say(form.dataset.failed, true);
      later();
    } finally {
      sending = false;
    }
  }

  form.addEventListener("input", () => { dirty = true; });
  form.addEventListener("change", () => { dirty = true; });
  form.addEventListener("focusout", () => { if (dirty && !stopped) { clearTimeout(again); again = setTimeout(save, 400); } });
  form.addEventListener("submit", () => { leaving = true; });
  window.addEventListener("pageshow", () => { leaving = false; });
  window.addEventListener("beforeunload", (event) => { if ((dirty || sending) && !leaving) event.preventDefault(); });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") save(); });
  setInterval(save, every);

  // A place inside a folded entry is shown when a link leads to it.
  const unfold = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let place = target; place; place = place.parentElement) if (place.tagName === "DETAILS") place.open = true;
    if (target) target.scrollIntoView();
  };
  window.addEventListener("hashchange", unfold);
  unfold();
})();

// Saves what is being written by itself, and copies links. Everything works without it: each button of a form saves too.
"use strict";

// A link is copied with one press, where the browser lets a page do that.
(() => {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const said = button.parentElement.querySelector("[data-said]");
    button.parentElement.hidden = false;
    button.addEventListener("click", async () => {
      said.textContent = "";
      await navigator.clipboard.writeText(button.dataset.copy);
      said.textContent = said.dataset.said;
    });
  }
})();

(() => {
  const form = document.querySelector("form[data-autosave]");
  if (!form) return;
  const status = document.getElementById("status");
  const every = 20000, patience = 45000;
  let dirty = false, sending = null, leaving = false, stopped = false, trying = false, tried = false, shut = false, again = 0, wait = 2000;

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

  // An answer that somebody else changed too stays as it is in this form, is kept beside the stored one, and waits to be settled.
  const hide = (name, value) => {
    const input = document.createElement("input");
    Object.assign(input, {type: "hidden", name, value});
    HTMLElement.prototype.append.call(form, input);
  };
  const unsettle = (name, number) => {
    if (!controls("unsettled").some((input) => input.value === name)) hide("unsettled", name);
    if (number === undefined) return;
    const own = controls(`own~${name}`)[0];
    if (own) own.value = number;
    else hide(`own~${name}`, number);
  };
  const settle = (name) => {
    for (const input of controls("unsettled")) if (input.value === name) input.remove();
    for (const input of controls(`own~${name}`)) input.remove();
    document.getElementById(`${name}-conflict`)?.remove();
  };

  // An entry that somebody else filled in too is an entry of its own by now: everything that names it on this page names the new one.
  const move = (was, now) => {
    const names = ["id", "name", "for", "value", "aria-describedby", "aria-labelledby"];
    const one = new RegExp(`(^|[\\s~:])${was.replaceAll(".", "\\.")}(?=$|[\\s.-])`, "g");
    const entry = document.getElementById(was);
    for (const element of entry ? [entry, ...entry.querySelectorAll("*")] : form.querySelectorAll("*")) {
      for (const name of names) {
        if (name === "value" && !["BUTTON", "INPUT"].includes(element.tagName)) continue;
        if (name === "value" && element.tagName === "INPUT" && element.type !== "hidden") continue;
        const value = element.getAttribute(name);
        if (value && value.match(one)) element.setAttribute(name, value.replace(one, `$1${now}`));
      }
    }
    const action = form.getAttribute("action");
    if (!action.endsWith(`/form/${was}`)) return;
    form.setAttribute("action", action.slice(0, -was.length) + now);
    history.replaceState(null, "", form.getAttribute("action"));
  };

  // What others changed is shown, so that the next save does not take it back. What was typed since is left to be settled.
  const takeOver = (told, sent) => {
    for (const name of Object.keys(told.settled)) settle(name);
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
    for (const item of found.filter((item) => item.kind === "text")) unsettle(item.field, item.number);
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

  // Whether the desk answered at all: false is no connection, and nothing of the page is lost then.
  async function send() {
    dirty = false;
    const sent = body();
    try {
      const answer = await fetch(form.getAttribute("action"), {
        method: "POST", body: sent, headers: {accept: "application/json"}, credentials: "same-origin", redirect: "error",
        signal: AbortSignal.timeout?.(patience),
      });
      if (answer.status >= 500 || answer.status === 429) throw new Error(String(answer.status));
      if (!answer.ok) {
        stopped = dirty = true;
        shut = answer.status === 404 || answer.status === 410;  // the link opens nothing: the next page would not have what was typed
        say(shut ? form.dataset.shut : form.dataset.gone, true);
        return true;
      }
      tried = false;
      const told = await answer.json();
      form.elements.namedItem("base").value = told.base;
      wait = 2000;
      for (const [was, now] of Object.entries(told.moved)) move(was, now);
      takeOver(told, sent);
      if (told.conflicts.length) conflicts(told.conflicts);
      else if (dirty) say(form.dataset.unsaved);
      else say(`${form.dataset.saved} ${told.saved}`);
      return true;
    } catch {
      dirty = true;
      say(form.dataset.failed, true);
      later();
      return false;
    }
  }

  async function save() {
    if (!dirty || sending || leaving || stopped || trying) return;
    sending = send();
    await sending;
    sending = null;
  }

  // A button first saves as the page does by itself; only where the desk answered does it leave the page.
  async function press(event) {
    if (leaving) return;
    event.preventDefault();
    if (trying) return;
    trying = true;
    clearTimeout(again);
    await sending;
    say(form.dataset.saving);
    sending = send();
    const arrived = await sending;
    sending = null;
    trying = false;
    if (shut) return;
    if (!arrived && !tried) {
      tried = true;  // pressed once more, it goes as it would without a script, and the browser or the desk says why
      say(form.dataset.kept, true);
      return;
    }
    leaving = true;
    HTMLFormElement.prototype.requestSubmit.call(form, event.submitter?.isConnected ? event.submitter : null);
  }

  const typed = () => {
    dirty = true;
    if (!status.classList.contains("failed") && status.textContent !== form.dataset.unsaved) say(form.dataset.unsaved);
  };
  form.addEventListener("input", typed);
  form.addEventListener("change", typed);
  form.addEventListener("focusout", () => { if (dirty && !stopped) { clearTimeout(again); again = setTimeout(save, 400); } });
  form.addEventListener("submit", press);
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

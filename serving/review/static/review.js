// The desk: one question after the other without loading the page anew. Without this script the forms work by themselves.
"use strict";

const desk = document.getElementById("desk");
let token = "", shownAt = 0, keystrokes = 0, busy = false, waiting = 0;

function begin() {
  const question = desk.querySelector(".question");
  if (!question || question.dataset.token !== token) {  // asked again, it is still the same piece of work
    token = question ? question.dataset.token : "";
    shownAt = performance.now();
    keystrokes = 0;
  }
  busy = false;
  desk.classList.remove("busy", "commanding");
  clearTimeout(waiting);
  const entry = document.getElementById("entry");
  if (entry) { entry.focus(); entry.select(); look(entry); } else { desk.tabIndex = -1; desk.focus(); }
  if (!question && !document.getElementById("code")) waiting = setTimeout(again, 5000);
}

function again() {
  if (document.hidden) { waiting = setTimeout(again, 5000); return; }
  send(desk.dataset.path, null);
}

// What is sent waits for its answer; what did not arrive stays in the line, and can be sent again.
async function send(path, fields) {
  if (busy) return;
  busy = true;
  desk.classList.add("busy");
  const asked = { headers: { "X-Penfield-Part": "question" } };
  if (fields) { asked.method = "POST"; asked.body = new URLSearchParams(fields); }
  try {
    const answer = await fetch(path, asked);
    const text = await answer.text();
    if ([200, 409, 422].includes(answer.status)) { desk.innerHTML = text; begin(); return; }
    say(answer.status === 401 ? "You are signed out. Please load the page again." : "This was not taken. Please try again.");
  } catch {
    say("The server cannot be reached. Your answer is still here: please try again.");
  }
  busy = false;
  desk.classList.remove("busy");
  if (!fields) waiting = setTimeout(again, 5000);
}

function say(text) {
  let place = document.getElementById("message");
  if (!place) {
    place = document.createElement("p");
    place.id = "message";
    place.className = "message";
    place.setAttribute("role", "alert");
    (document.getElementById("answer") || desk).append(place);
  }
  place.textContent = text;
}

// Characters that the field's language does not hold are pointed out; whoever sees them on the paper keys them.
function look(entry) {
  const allowed = entry.closest(".question").dataset.allowed;
  const odd = allowed ? [...new Set(entry.value)].filter((one) => !allowed.includes(one)) : [];
  const place = document.getElementById("odd");
  entry.classList.toggle("odd-entry", odd.length > 0);
  place.hidden = odd.length === 0;
  place.textContent = odd.length ? `Unusual here: ${odd.map((one) => (one === " " ? "space" : one)).join("  ")}` : "";
}

function fieldsOf(form, button) {
  const fields = Object.fromEntries(new FormData(form));
  if (button && button.name) fields[button.name] = button.value;
  if ("seconds" in fields) {
    fields.seconds = ((performance.now() - shownAt) / 1000).toFixed(2);
    fields.keystrokes = String(keystrokes);
  }
  return fields;
}

desk.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  let button = event.submitter;
  const several = form.querySelectorAll(".several");
  if (several.length) {
    form.elements.text.value = [...several].filter((one) => one.ariaPressed === "true").map((one) => one.dataset.value).join("|");
  }
  const entry = form.elements.text;
  if (form.id === "answer" && entry && entry.value !== undefined && !entry.value.trim() && (!button || button.name !== "text")) {
    say("Nothing is keyed. Is it blank? Esc, then B, says so.");
    return;
  }
  send(form.getAttribute("action"), fieldsOf(form, button));
});

desk.addEventListener("input", (event) => { if (event.target.id === "entry") look(event.target); });

desk.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.zoom !== undefined) desk.querySelector(".sheet").classList.toggle("zoomed");
  if (button.classList.contains("several")) {
    button.ariaPressed = button.ariaPressed === "true" ? "false" : "true";
  }
  if (button.classList.contains("said")) {
    const entry = document.getElementById("entry");
    if (button.dataset.outcome !== "text") press(document.querySelector(`#others [value="${button.dataset.outcome}"]`));
    else if (entry) { entry.value = button.dataset.fill; entry.focus(); look(entry); }
    else press([...desk.querySelectorAll(".choice")].find((one) => one.value === button.dataset.fill));
  }
});

function press(button) { if (button) button.click(); }

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const entry = document.getElementById("entry");
  if (event.key === "Escape" && entry) {
    event.preventDefault();
    const commanding = desk.classList.toggle("commanding");
    if (commanding) { desk.tabIndex = -1; desk.focus(); } else entry.focus();
    return;
  }
  keystrokes += 1;
  if (event.target.id === "entry" || event.target.tagName === "BUTTON" && event.key === "Enter") return;
  if (event.key === "Enter") {
    event.preventDefault();
    press(desk.querySelector("#answer .go"));
    return;
  }
  const key = event.key.length === 1 ? event.key.toLowerCase() : "";
  const found = key && desk.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!found) return;
  event.preventDefault();
  press(found.tagName === "FORM" ? found.querySelector("button") : found);
});

begin();
desk.dataset.ready = "yes";

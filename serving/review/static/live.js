// Exchanges the numbers every quarter of a minute while somebody looks; without it the page is loaded by hand.
"use strict";
const PERIOD_MS = 15000;
async function follow() {
  if (document.hidden) return;
  try {
    const answer = await fetch("/live", { headers: { "X-Penfield-Part": "live" } });
    if (answer.status === 401) { location.reload(); return; }
    if (answer.ok) document.getElementById("live").innerHTML = await answer.text();
    document.body.classList.toggle("away", !answer.ok);
  } catch { document.body.classList.add("away"); }
}
setInterval(follow, PERIOD_MS);
document.addEventListener("visibilitychange", follow);
document.getElementById("live").dataset.ready = "yes";

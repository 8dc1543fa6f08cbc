// Keeps the phone fresh: a new code each minute, the result as soon as there is one, and the
// camera where the browser can read codes. Every page works without it.
"use strict";

const body = document.body;
const id = (name) => document.getElementById(name);
const NEWS_EVERY_MS = 1500;
const TRY_AGAIN_MS = 3000;
const LOOK_EVERY_MS = 200;
const POSITION_WITHIN_MS = 10000;

function post(path) {
  const form = new URLSearchParams({ token: body.dataset.token });
  return fetch(path, { method: "POST", body: form });
}

// ---- the code, with its countdown ----
function keepFresh() {
  const lifeMs = 1000 * Number(id("code").dataset.life);
  let until = performance.now() + lifeMs;
  let busy = false;

  async function renew() {
    busy = true;
    try {
      const answer = await post("/phone/code");
      if (!answer.ok) throw new Error(String(answer.status));
      id("drawn").innerHTML = await answer.text();
      until = performance.now() + lifeMs;
      id("offline").hidden = true;
    } catch {
      id("offline").hidden = false;
      until = performance.now() + TRY_AGAIN_MS;
    }
    busy = false;
  }

  setInterval(() => {
    const leftMs = Math.max(0, until - performance.now());
    id("left").textContent = Math.ceil(leftMs / 1000) + " s";
    id("bar").value = leftMs / 1000;
    if (leftMs === 0 && !busy && !document.hidden) renew();
  }, 250);
}

// ---- news: a payment that waits, or what became of one ----
function watch() {
  setInterval(async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch("/phone/news");
      const mark = answer.ok ? await answer.text() : body.dataset.watch;
      if (mark !== body.dataset.watch && mark) {
        body.dataset.watch = mark;
        location.replace("/phone/payments/" + encodeURIComponent(mark.split(" ")[0]));
      }
    } catch {
      // The next round asks again.
    }
  }, NEWS_EVERY_MS);
}

// ---- the camera ----
async function look() {
  const view = id("view");
  id("camera").hidden = true;
  try {
    const reader = new BarcodeDetector({ formats: ["qr_code"] });
    view.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    view.hidden = false;
    await view.play();
    const timer = setInterval(async () => {
      const codes = await reader.detect(view).catch(() => []);
      if (!codes.length) return;
      clearInterval(timer);
      view.srcObject.getTracks().forEach((track) => track.stop());
      id("text").value = codes[0].rawValue;
      id("found").submit();
    }, LOOK_EVERY_MS);
  } catch {
    view.hidden = true;
    id("refused").hidden = false;
  }
}

// ---- the customer's own position: three decimals are a hundred metres ----
function locate(event) {
  event.preventDefault();
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      id("spot").value = coords.latitude.toFixed(3) + "," + coords.longitude.toFixed(3);
      id("mine").submit();
    },
    () => { id("refused").hidden = false; },
    { timeout: POSITION_WITHIN_MS },
  );
}

if (id("code")) keepFresh();
if ("watch" in body.dataset) watch();
if (id("camera") && "BarcodeDetector" in window && navigator.mediaDevices) {
  id("camera").hidden = false;
  id("camera").addEventListener("click", look);
}
if (id("mine") && navigator.geolocation && window.isSecureContext) {
  id("mine").hidden = false;
  id("mine").addEventListener("submit", locate);
}

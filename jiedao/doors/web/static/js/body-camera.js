/**
 * The picture of a body camera (执法记录仪): by WHEP where the gateway gives WebRTC, else by the address of the <video>.
 *
 * What the gateway does stands above the picture in words: a picture that stands still must not pass for the present.
 * Receives only; a line that was opened is given back to the gateway when the page goes.
 */

const ANSWERED_WITHIN = 8_000;
const GATHERED_WITHIN = 2_000;
const LOOKS_EVERY = 500;
/** Without a new picture for so long, what stands there is not what the camera sees. */
const STILL = 4_000;
const OVER = ["failed", "closed"];

const place = document.getElementById("stream-state");
const halt = document.querySelector("[data-jd-stop]");

/** @param {HTMLVideoElement} video @param {string} state @param {number} [number] what the gateway answered */
function tell(video, state, number = 0) {
  if (video.dataset.state === state) return;
  video.dataset.state = state;
  if (place) place.textContent = (place.getAttribute(`data-${state}`) ?? "").replace("{n}", String(number));
}

/** How many pictures have come; the clock of a stream runs on when none does. @param {HTMLVideoElement} video */
function pictures(video) {
  if (!("requestVideoFrameCallback" in HTMLVideoElement.prototype)) return () => video.currentTime;
  let count = 0;
  const next = () => {
    count += 1;
    video.requestVideoFrameCallback(next);
  };
  video.requestVideoFrameCallback(next);
  return () => count;
}

/** Says whether new pictures come, until what is told with `end`. @param {HTMLVideoElement} video */
function watch(video) {
  const count = pictures(video);
  let [shown, since] = [0, performance.now()];
  const turn = window.setInterval(() => {
    const now = count();
    if (now !== shown) tell(video, "runs");
    if (now !== shown || document.hidden) [shown, since] = [now, performance.now()];
    else if (performance.now() - since > STILL && !video.paused) tell(video, "still");
  }, LOOKS_EVERY);
  /** @param {string} state */
  return (state) => {
    window.clearInterval(turn);
    tell(video, state);
  };
}

/** @param {RTCPeerConnection} line */
const gathered = (line) =>
  new Promise((done) => {
    const end = () => line.iceGatheringState === "complete" && done(undefined);
    line.addEventListener("icegatheringstatechange", end);
    window.setTimeout(() => done(undefined), GATHERED_WITHIN);
    end();
  });

/** The line that the gateway gave goes back to it: it would go on sending to nobody. @param {string} address @param {string | null} given */
function leave(address, given) {
  const session = given && new URL(given, address);
  if (session && session.origin === new URL(address).origin) fetch(session, { method: "DELETE", keepalive: true }).catch(() => undefined);
}

/** @param {HTMLVideoElement} video @param {string} address */
async function ask(video, address) {
  const line = new RTCPeerConnection();
  for (const kind of ["video", "audio"]) line.addTransceiver(kind, { direction: "recvonly" });
  const stream = new MediaStream();
  line.addEventListener("track", ({ track }) => stream.addTrack(track));
  await line.setLocalDescription();
  await gathered(line);
  const signal = AbortSignal.timeout(ANSWERED_WITHIN);
  const answer = await fetch(address, { method: "POST", headers: { "Content-Type": "application/sdp" }, body: line.localDescription?.sdp ?? "", signal }).catch(() => undefined);
  if (!answer?.ok) {
    line.close();
    return tell(video, !answer ? "away" : answer.status === 404 ? "unknown" : "refused", answer?.status);
  }
  const session = answer.headers.get("Location");
  await line.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  video.srcObject = stream;
  const tells = watch(video);
  /** The last picture goes with the line. @param {string} state */
  const end = (state) => {
    line.close();
    video.srcObject = null;
    tells(state);
  };
  /** @param {string | undefined} state */
  const look = (state) => state && OVER.includes(state) && end("ended");
  line.addEventListener("connectionstatechange", () => look(line.connectionState));
  for (const { transport } of line.getReceivers()) transport?.addEventListener("statechange", () => look(transport.state));
  halt?.addEventListener("click", () => {
    leave(address, session);
    end("stopped");
  });
  // A browser may drop this one where the gateway is another host; the line it closes says the same a little later.
  window.addEventListener("pagehide", () => leave(address, session));
}

for (const video of document.querySelectorAll("video.body-camera")) {
  if (!(video instanceof HTMLVideoElement)) continue;
  tell(video, "asks");
  if (video.dataset.whep) ask(video, video.dataset.whep).catch(() => tell(video, "unplayable"));
  else {
    const end = watch(video);
    video.addEventListener("error", () => end("unplayable"));
    video.addEventListener("ended", () => end("ended"));
    halt?.addEventListener("click", () => {
      video.removeAttribute("src");
      video.load();
      end("stopped");
    });
  }
}

/**
 * WebRTC of a body camera (执法记录仪): a <video data-whep> asks its gateway by WHEP and shows what comes. Receives only.
 */

const GATHERED_WITHIN = 2_000;

/** @param {RTCPeerConnection} line */
const gathered = (line) =>
  new Promise((done) => {
    const end = () => line.iceGatheringState === "complete" && done(undefined);
    line.addEventListener("icegatheringstatechange", end);
    window.setTimeout(() => done(undefined), GATHERED_WITHIN);
    end();
  });

/** @param {HTMLVideoElement} video */
async function play(video) {
  const line = new RTCPeerConnection();
  for (const kind of ["video", "audio"]) line.addTransceiver(kind, { direction: "recvonly" });
  const stream = new MediaStream();
  line.addEventListener("track", ({ track }) => stream.addTrack(track));
  await line.setLocalDescription();
  await gathered(line);
  const answer = await fetch(video.dataset.whep ?? "", { method: "POST", headers: { "Content-Type": "application/sdp" }, body: line.localDescription?.sdp ?? "" });
  if (!answer.ok) return;
  await line.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  video.srcObject = stream;
  window.addEventListener("pagehide", () => line.close());
}

// What fails leaves the link to the gateway, which stands below.
for (const video of document.querySelectorAll("video[data-whep]")) if (video instanceof HTMLVideoElement) play(video).catch(() => undefined);

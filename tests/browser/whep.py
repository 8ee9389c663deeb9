"""A gateway of body cameras (流媒体网关): takes an offer by WHEP and lets a page of the same browser play the camera."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Thread
from typing import Any

from jiedao.lines.patrol import devices
from jiedao.lines.patrol.models import Source
from tests import patrols

PATIENCE = 15
SENDS = """async offer => {
  const canvas = Object.assign(document.createElement("canvas"), {width: 320, height: 240});
  const brush = canvas.getContext("2d");
  let turn = 0;
  setInterval(() => { brush.fillStyle = `hsl(${turn += 7} 80% 50%)`; brush.fillRect(0, 0, 320, 240); }, 40);
  window.line?.close();
  window.line = new RTCPeerConnection();
  const stream = canvas.captureStream(25);
  for (const track of stream.getTracks()) line.addTrack(track, stream);
  await line.setRemoteDescription({type: "offer", sdp: offer});
  await line.setLocalDescription();
  await new Promise(done => {
    const end = () => line.iceGatheringState === "complete" && done();
    line.addEventListener("icegatheringstatechange", end);
    setTimeout(done, 3000);
    end();
  });
  return line.localDescription.sdp;
}"""


class _Whep(BaseHTTPRequestHandler):
    server: "Gateway"

    def do_GET(self) -> None:
        self._answer(200, b"<!doctype html><title>camera</title>")

    def do_OPTIONS(self) -> None:
        self._answer(204)

    def do_POST(self) -> None:
        offer = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.server.says != 201:
            return self._answer(self.server.says)
        self.server.offers.put(offer)
        try:
            return self._answer(201, self.server.answers.get(timeout=PATIENCE).encode())
        except Empty:
            return self._answer(504)

    def do_DELETE(self) -> None:
        self.server.given_back.put(self.path)
        self._answer(200)

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Methods", "POST, DELETE")
        self.send_header("Access-Control-Allow-Headers", "Content-Type")
        self.send_header("Access-Control-Expose-Headers", "Location")
        self.send_header("Location", "/whep/session/7")
        self.send_header("Content-Type", "application/sdp" if status == 201 else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Gateway(ThreadingHTTPServer):
    """Answers as it is told to: 201 with a camera behind it, or a refusal."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Whep)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.says = 201
        self.offers: Queue[str] = Queue()
        self.answers: Queue[str] = Queue()
        self.given_back: Queue[str] = Queue()
        Thread(target=self.serve_forever, daemon=True).start()

    def camera(self, browser: Any) -> Any:
        """A page that plays a camera. Allowed to film, it gives its real address, as a gateway does."""
        context = browser.new_context()
        context.grant_permissions(["camera"], origin=self.url)
        page = context.new_page()
        page.goto(self.url)
        return page

    def connect(self, camera: Any) -> None:
        """Lets the camera answer the offer that has come or is coming."""
        self.answers.put(camera.evaluate(SENDS, self.offers.get(timeout=PATIENCE)))


def shown_as(window: Any, answer: Any, path: str) -> Any:
    """The page that a form led to, in a browser that did not send it: what else it asks for comes from the site."""
    there = window.site.url(path, "guangming")
    told = {"status": answer.status_code, "headers": dict(answer.headers), "body": answer.content}
    window.page.route(there, lambda route: route.fulfill(**told))
    window.page.goto(there)
    return window.page


def filmed(window: Any, shift: Any, gateway: Gateway, settings: Any) -> Any:
    """The page of somebody's body camera after its purpose, asking the gateway."""
    settings.BODY_CAMERA_GATEWAY = f"{gateway.url}/whep/{{device}}"
    source, _ = devices.declare(f"gb-{shift.id}", Source.Kind.CAMERA, "执法记录仪", "Body cameras", by=None)
    devices.give(source, shift.person, "34020000001320000007")
    where = f"/map/camera/{shift.id}/"
    answer = patrols.at_desk(patrols.CENTRE).post(where, {"purpose": "核实现场"})
    # A page that the test puts in comes from no address; only from there is a gateway of this machine far away.
    window.page.context.grant_permissions(["local-network-access"], origin=window.site.url("", "guangming"))
    assert f"connect-src 'self' {gateway.url};" in answer.headers["Content-Security-Policy"]
    return shown_as(window, answer, where)

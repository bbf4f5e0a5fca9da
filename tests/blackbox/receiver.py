"""A web server that takes webhooks the way a customer's does, or behaves as it is told."""
import base64
import hashlib
import hmac
import http.server
import json
import socket
import threading
import time


class Request:
    def __init__(self, handler, body):
        self.path, self.body = handler.path, body
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.time = time.monotonic()
        self.connection = handler.client_address

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def events(self):
        """Of any format."""
        body = self.json
        return body if isinstance(body, list) else body.get("data", [body])


class Receiver:
    """answer(status, ...): what it does from now on; otherwise 200 to everything."""

    def __init__(self, tls=None, port=0):
        self.requests, self.taken, self.lock = [], [], threading.Lock()
        self.behave = lambda request, handler: 200
        self.over = threading.Event()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                request = Request(self, body)
                with receiver.lock:
                    receiver.requests.append(request)
                status = receiver.behave(request, self)
                if status is None:
                    self.close_connection = True
                    return
                if status == 200 or (status // 100 == 2 and "webhook-id" in request.headers):
                    with receiver.lock:
                        receiver.taken.append(request)
                answer = b"thank you" if status // 100 == 2 else b"not now"
                self.send_response(status)
                if status // 100 == 3:
                    self.send_header("Location", receiver.redirect_to)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *words):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *words):
                pass  # the relay has hung up, or been killed

        self.redirect_to = ""
        self.server = Server(("127.0.0.1", port), Handler)
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}/hook"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, *statuses):
        """These, one for each request; the last one for ever."""
        left = list(statuses)

        def behave(_request, _handler):
            with self.lock:
                return left.pop(0) if len(left) > 1 else left[0]
        self.behave = behave

    def hang(self):
        def behave(_request, _handler):
            self.over.wait(60)
        self.behave = behave

    def reset(self):
        def behave(_request, handler):
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            handler.connection.close()
        self.behave = behave

    def events(self):
        """What it has taken, in the order in which it came."""
        with self.lock:
            return [event for request in self.taken for event in request.events]

    def close(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


def is_signed(request, secret):
    """The check as docs/webhooks.md has it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(expected, one) for one in request.headers["webhook-signature"].split())

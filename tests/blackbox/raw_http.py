"""Requests straight to the control socket, for what the command line would not send."""
import http.client
import socket

from waiting import LIMIT_S


class _Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=LIMIT_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(LIMIT_S)
        self.sock.connect(str(self.path))


def control(relay, method, target, body=None):
    """(status, body as text)."""
    connection = _Unix(relay.data / "control")
    try:
        connection.request(method, target, body)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()

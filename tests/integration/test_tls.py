"""The API over TLS: --api-cert, --api-key, the client's --ca-file, and SIGHUP."""
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest

from waymark import BIN, Server, wait_for


def certificate(directory, name):
    """A self-signed one for loopback; returns the paths of certificate and key."""
    cert, key = str(pathlib.Path(directory, name + ".pem")), str(pathlib.Path(directory, name + ".key"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", key, "-out", cert],
                   check=True, capture_output=True)
    return cert, key


class TlsServer(Server):
    def wait_ready(self, seconds=15):
        found = wait_for("the ready line", lambda: re.search(r"event=ready dns=\S+ api=https://127\.0\.0\.1:(\d+)", self.log()), seconds)
        self.api_port = int(found[1])
        self.token = pathlib.Path(self.directory, "admin.token").read_text().strip()

    def client(self, *words, ca=None, host="127.0.0.1"):
        return subprocess.run([str(BIN / "waymark"), "--server", f"https://{host}:{self.api_port}", "--token", self.token,
                               *(["--ca-file", ca] if ca else []), *words], capture_output=True, text=True, timeout=60)

    def subject(self):
        """Whose certificate a new connection is shown, and with which protocol."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.api_port), 5) as sock, context.wrap_socket(sock) as tls:
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
                file.write(ssl.DER_cert_to_PEM_cert(tls.getpeercert(True)))
                file.flush()
                return subprocess.run(["openssl", "x509", "-noout", "-subject", "-in", file.name], check=True,
                                      capture_output=True, text=True).stdout.split("=")[-1].strip()


class Tls(unittest.TestCase):
    def test_the_api_speaks_tls_and_the_client_checks_whom_it_talks_to(self):
        with tempfile.TemporaryDirectory() as directory:
            cert, key = certificate(directory, "one")
            other, _ = certificate(directory, "other")
            with TlsServer("--api-cert", cert, "--api-key", key, workers=1) as server:
                self.assertEqual(server.client("zone", "create", "tls.test", ca=cert).returncode, 0)
                self.assertIn("tls.test.", server.client("zone", "list", ca=cert, host="localhost").stdout)
                for wrong in (None, other):
                    refused = server.client("zone", "list", ca=wrong)
                    self.assertEqual(refused.returncode, 7, refused.stderr)
                    self.assertIn("certificate verify failed", refused.stderr)
                with socket.create_connection(("127.0.0.1", server.api_port), 5) as plain:
                    plain.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
                    self.assertNotIn(b"HTTP/1.1 200", plain.recv(1000))

    def test_a_hang_up_takes_the_new_certificate_and_keeps_the_old_when_it_is_bad(self):
        with tempfile.TemporaryDirectory() as directory:
            cert, key = certificate(directory, "one")
            with TlsServer("--api-cert", cert, "--api-key", key, workers=1) as server:
                self.assertEqual(server.subject(), "one")
                pathlib.Path(cert).write_text("nonsense")
                server.process.send_signal(signal.SIGHUP)
                wait_for("the refusal", lambda: "event=reload_failed" in server.log())
                self.assertEqual(server.subject(), "one")

                for new, old in zip(certificate(directory, "two"), (cert, key)):
                    os.replace(new, old)
                server.process.send_signal(signal.SIGHUP)
                wait_for("the new certificate", lambda: server.subject() == "two")

    @unittest.skipUnless(os.geteuid() == 0, "another user to go on as needs root")
    def test_a_key_that_the_kept_user_can_not_read_shuts_the_api_and_nothing_else(self):
        with tempfile.TemporaryDirectory() as directory:  # for root alone
            cert, key = certificate(directory, "one")
            server = TlsServer("--api-cert", cert, "--api-key", key, "--user", "nobody", workers=1)
            try:
                server.start(wait=False)
                wait_for("the API to stay shut", lambda: "event=api_shut" in server.log())
                wait_for("ready all the same", lambda: "event=ready" in server.log())
                self.assertEqual(server.ask("elsewhere.test").rcode(), 5)
                self.assertNotIn("event=control_ended", server.log())
                with socket.socket() as sock:
                    sock.settimeout(0.3)
                    sock.connect(("127.0.0.1", server.api_port))
                    sock.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
                    with self.assertRaises(TimeoutError):
                        sock.recv(10)
                self.assertEqual(server.stop(), 0)
            finally:
                server.stop()
                shutil.rmtree(server.directory, ignore_errors=True)

    def test_a_key_of_another_certificate_is_told_before_anything_starts(self):
        with tempfile.TemporaryDirectory() as directory:
            cert, _ = certificate(directory, "one")
            _, key = certificate(directory, "two")
            server = Server("--api-cert", cert, "--api-key", key)
            done = subprocess.run([*server.command(), "--check"], capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, 1)
            self.assertIn(key, done.stderr)
            self.assertEqual(os.listdir(server.directory), [])
            os.rmdir(server.directory)


if __name__ == "__main__":
    unittest.main(verbosity=2)

"""What the collector answers to devices, and to those that are none; see Tests/collector/run."""

import base64
import http.client
import json
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import warnings

import report as reports
from collector import ANSWER_LIMIT, Collector

QUOTA = 40
problems = []


def expect(what, found, wanted):
    if found != wanted:
        problems.append(f"{what}: {found} instead of {wanted}")


def context(directory, name):
    tls = ssl.create_default_context(cafile=str(directory / "authority.pem"))
    if name:
        tls.load_cert_chain(str(directory / f"{name}.pem"), str(directory / f"{name}.key"))
    return tls


class Client:
    def __init__(self, port, tls):
        self.port, self.tls = port, tls

    def ask(self, method, path, body=None, **headers):
        """(status, headers) of a request on a connection of its own; None when there is no answer."""
        connection = http.client.HTTPSConnection(
            "localhost", self.port, timeout=ANSWER_LIMIT, context=self.tls)
        try:
            connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            answer.read(1024)
            return answer.status, answer.headers
        except (OSError, http.client.HTTPException):
            return None, {}
        finally:
            connection.close()

    def put(self, body, name=None):
        return self.ask("PUT", f"/v1/reports/{name or reports.report_id(body)}", body)[0]


def check(collector, port, scratch):
    directory = pathlib.Path(collector.directory, "trial")
    one, two = (Client(port, context(directory, f"device-{number}")) for number in (1, 2))
    first = reports.report(build="b1")
    # Who is no device gets no connection: without a certificate, with one of another authority.
    expect("no certificate", Client(port, context(directory, None)).put(first), None)
    stranger = Collector(collector.program, scratch + "/other")
    stranger.tool("certify", "device-1")
    foreign = context(pathlib.Path(stranger.directory, "trial"), "device-1")
    foreign.load_verify_locations(str(directory / "authority.pem"))
    expect("another authority", Client(port, foreign).put(first), None)
    old = context(directory, "device-1")
    with warnings.catch_warnings(action="ignore"):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1
    expect("TLS 1.1", Client(port, old).put(first), None)

    path = f"/v1/reports/{reports.report_id(first)}"
    expect("another path", one.ask("GET", "/")[0], 404)
    expect("another method", one.ask("GET", path)[0], 405)
    expect("encoded", one.ask("PUT", path, first, Content_Encoding="gzip")[0], 415)
    expect("no length", one.ask("PUT", path, iter([first]))[0], 411)
    expect("too long", one.ask("PUT", path, bytes(4097))[0], 413)
    expect("much too long", one.ask("PUT", path, b"", Content_Length=str(1 << 40))[0], 413)
    expect("an id that is none", one.put(first, "x" * 32), 400)
    expect("another id", one.put(first, "0" * 32), 422)
    damaged = first[:-1] + bytes([first[-1] ^ 1])
    expect("a wrong checksum", one.put(damaged), 400)
    expect("no report", one.put(b"nothing"), 400)
    expect("nothing stored so far", collector.tool("export"), b"")

    expect("a report", one.put(first), 200)
    expect("the same again", one.put(first), 200)
    expect("another one in its slot", one.put(reports.report(build="b2")), 409)
    expect("the same of another device", two.put(first), 200)
    for _ in range(QUOTA):
        status, headers = one.ask("PUT", path, first)
        if status == 429:
            break
    expect("too much", status, 429)
    expect("when to come back", int(headers.get("Retry-After", 0)) > 0, True)
    expect("the other device still", two.put(first), 200)
    expect("health", collector.health(), 200)
    metrics(collector)
    dashboard(collector)
    again(collector, directory, stranger, one, two)


def again(collector, directory, stranger, one, two):
    """What is read again at SIGHUP: the certificate, and who is shut out."""
    def served():
        tls = context(directory, "device-1")
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("localhost", one.port), ANSWER_LIMIT) as plain, \
                tls.wrap_socket(plain) as connection:
            return connection.getpeercert(binary_form=True)

    def reread(wanted):
        collector.process.send_signal(signal.SIGHUP)
        until = time.monotonic() + ANSWER_LIMIT
        while time.monotonic() < until and not wanted():
            time.sleep(0.05)
        return wanted()

    first = served()
    foreign = pathlib.Path(stranger.directory, "trial")
    files = {name: (directory / name).read_bytes() for name in ("collector.pem", "collector.key")}
    (directory / "collector.pem").write_bytes((foreign / "collector.pem").read_bytes())
    denied = pathlib.Path(collector.directory, "denied")
    denied.write_text("device-2\n")
    report = reports.report(build="b1")
    expect("shut out", reread(lambda: two.put(report) == 403), True)
    expect("the certificate while the key is another's", served(), first)
    (directory / "collector.key").write_bytes((foreign / "collector.key").read_bytes())
    expect("another certificate", reread(lambda: served() != first), True)
    for name, content in files.items():
        (directory / name).write_bytes(content)
    denied.write_text("")
    expect("the first again", reread(lambda: served() == first and two.put(report) == 200), True)


def dashboard(collector):
    """The dashboard in a browser that was given its password."""
    key = pathlib.Path(collector.directory, "dashboard.key").read_text().strip()
    word = base64.b64encode(f"any:{key}".encode()).decode()
    script = pathlib.Path(__file__).resolve().parent.parent / "pages/browser.py"
    address = f"http://127.0.0.1:{collector.operators}/"
    done = subprocess.run(
        [sys.executable, script, "--header", f"Authorization:Basic {word}", address,
         f"{address}campaigns/trial"], capture_output=True, text=True)
    if done.returncode == 69:
        print("the dashboard was not opened by a browser, which is not there")
        return
    visits = [json.loads(line) for line in done.stdout.splitlines()]
    expect(f"visits to the dashboard {done.stderr}", len(visits), 4)
    for one in visits:
        expect(f"the dashboard's {one['page'] or 'list'} at {one['width']}", one["problems"], [])


def metrics(collector):
    connection = http.client.HTTPConnection("127.0.0.1", collector.operators, timeout=ANSWER_LIMIT)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    try:
        from prometheus_client.openmetrics import parser
    except ImportError:
        print("metrics were not read by prometheus_client, which is not there")
        return
    values = {(sample.name, tuple(sample.labels.items())): sample.value
              for family in parser.text_string_to_metric_families(text) for sample in family.samples}
    expect("stored", values.get(("latgate_collector_reports_total", (("outcome", "stored"),))), 2)
    expect("conflicts", values.get(("latgate_collector_reports_total", (("outcome", "conflict"),))), 1)
    expect("healthy", values.get(("latgate_collector_healthy", ())), 1)


def main():
    with tempfile.TemporaryDirectory(prefix="latgate-contract-") as scratch:
        denied = pathlib.Path(scratch, "data", "denied")
        denied.parent.mkdir()
        denied.touch()
        collector = Collector(sys.argv[1], scratch + "/data", "--quota", str(QUOTA), "--deny", str(denied))
        port = collector.start()
        try:
            check(collector, port, scratch)
        finally:
            collector.stop()
        collector.tool("verify")
        stored = [json.loads(line) for line in collector.tool("export").splitlines()]
        expect("reports", len(stored), 2)
        expect("devices", len({entry["device"] for entry in stored}), 2)
        expect("ids", {entry["id"] for entry in stored}, {reports.report_id(reports.report(build="b1"))})
    for line in problems:
        print(f"FAILED: {line}", file=sys.stderr)
    print("contract: " + (f"{len(problems)} failed" if problems else "all as docs/fleet-reports.md says"))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()

"""A current ClickHouse engine behind the part of ClickHouse's HTTP interface that an index uses.

Usage: chdb_server.py DIRECTORY     prints its port once it listens on 127.0.0.1; ends with its standard input

chdb is the engine as a Python module, without a server. DIRECTORY has its data.
"""

import http.server
import os
import sys
import threading
import urllib.parse

from chdb.session import Session


class Handler(http.server.BaseHTTPRequestHandler):
    session = None
    directory = None

    def do_POST(self):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            status, answer = 200, self.session.query(self.statement(query.get("query"), body)).bytes()
        except Exception as error:  # chdb has no narrower one; its text is what a server would send
            status, answer = 500, str(error).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def statement(self, insert, body):
        """The body is the statement, or the rows of an INSERT ... FORMAT that the address has."""
        if insert is None:
            return body.decode()
        rows = os.path.join(self.directory, "rows")
        with open(rows, "wb") as file:
            file.write(body)
        head, form = insert.rsplit("FORMAT", 1)
        return f"{head} SELECT * FROM file('{rows}', '{form.strip()}')"

    def log_message(self, *_):
        pass


def main():
    Handler.directory = sys.argv[1]
    Handler.session = Session(os.path.join(Handler.directory, "data"))
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)

    def end():
        sys.stdin.read()
        server.shutdown()

    threading.Thread(target=end, daemon=True).start()
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

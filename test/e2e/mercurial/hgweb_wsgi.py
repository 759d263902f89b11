"""hgweb behind an HTTP server that authenticates: hgweb_wsgi.py CONFIG PORT SETTINGS

SETTINGS is JSON: {"users": {name: password}, "anonymousReads": bool}. Whoever comes with a name and its password is REMOTE_USER.
"""
import base64
import json
import socketserver
import sys
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from mercurial import demandimport

demandimport.enable()
from mercurial.hgweb import hgweb  # noqa: E402

config, port, settings = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
inner = hgweb(config.encode())


def user_of(environ):
    """The name of whoever asks; None for nobody, False for a wrong password."""
    kind, _, value = environ.get('HTTP_AUTHORIZATION', '').partition(' ')
    if kind.lower() != 'basic':
        return None
    try:
        name, _, password = base64.b64decode(value).decode('utf-8').partition(':')
    except ValueError:
        return False
    return name if settings['users'].get(name) == password else False


def application(environ, start_response):
    environ.pop('REMOTE_USER', None)
    user = user_of(environ)
    command = parse_qs(environ.get('QUERY_STRING', '')).get('cmd', [''])[0]
    needs_user = not settings['anonymousReads'] or command in ('unbundle', 'pushkey')
    if user is False or (user is None and needs_user):
        start_response('401 Unauthorized', [('WWW-Authenticate', 'Basic realm="hg"'), ('Content-Length', '0')])
        return [b'']
    if user is not None:
        environ['REMOTE_USER'] = user
        environ['AUTH_TYPE'] = 'Basic'
    return inner(environ, start_response)


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Handler(WSGIRequestHandler):
    def address_string(self):
        return self.client_address[0]


server = make_server('127.0.0.1', port, application, server_class=Server, handler_class=Handler)
print('listening at http://127.0.0.1:%d/' % server.server_port, flush=True)
server.serve_forever()

"""Tells Headgate that a Mercurial repository has changed.

One file, nothing but Python 3.6 and its standard library. It runs inside hg, on the host where people push to:

    [hooks]
    txnclose.headgate = python:/etc/mercurial/headgate_hook.py:txnclose
    [headgate]
    url = https://headgate.example.com/hooks/hg
    secret-file = /etc/headgate/hg-hook.secret
    base = https://hg.example.com
    root = /srv/hg
    spool = /var/spool/headgate-hook

and without hg, from cron, where it sends what was kept while Headgate was away:

    python3 headgate_hook.py flush --config /etc/mercurial/hgrc.d/headgate.rc

Whatever happens, the push has gone through before this runs, and it stays so. docs/how-to/mercurial-hook.md tells the rest.

It may stand before a push as well, and have Headgate look at what would be deployed; only that can make a push fail:

    [hooks]
    pretxnclose.headgate = python:/etc/mercurial/headgate_hook.py:pretxnclose
    [headgate]
    gate-url = https://headgate.example.com/v1/preflight
    gate-source = hg
    gate-paths = apps, clusters/prod
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import re
import socket
import sys
import tempfile
import threading
import time
from urllib.parse import quote, unquote_to_bytes, urlsplit

VERSION = '1'

# Bounds. What arrives is small: Headgate looks at the repository itself.
BOOKMARKS_TOLD = 100
NAME_CHARS = 255
ANSWER_BYTES = 64 * 1024
SECRET_BYTES = 64 * 1024
SECRET_LEAST = 16
TOKEN_BYTES = 8 * 1024
FLUSHED_BY_HOOK = 100
GATE_ANSWER_BYTES = 4 * 1024 * 1024
GATE_BYTES = 2500 * 1000
GATE_FILES = 2000
GATE_LINES = 20

TXN_ID = re.compile(r'^[A-Za-z0-9_:-]{1,128}$')
PROBLEM_CODE = re.compile(r'^[A-Z_]{1,40}$')
DELIVERY = re.compile(r'^[A-Za-z0-9_-]{1,64}$')
TOKEN = re.compile(br'^[A-Za-z0-9._~+/-]+=*$')

# Names of this machine.
HERE = ('127.0.0.1', '::1', 'localhost')

# Answers that a later attempt can change: credentials, addresses and servers are mended.
LATER = (401, 403, 404, 408, 421, 425, 429)


class HookError(Exception):
    """Something that whoever runs the hook has to mend; its text is for people."""


# ---------------------------------------------------------------------------------------------------------------- settings


class Settings(object):
    """The section [headgate] of an hgrc. Paths are absolute, times in seconds, sizes in bytes."""

    def __init__(self, get):
        """get: a function from the name of an item to its text, or None."""
        self.url = get('url')
        self.secret_file = absolute(get, 'secret-file')
        self.token_file = absolute(get, 'token-file')
        self.repo = get('repo')
        self.base = get('base')
        self.root = absolute(get, 'root')
        self.timeout = number(get, 'timeout', 2.0, 0.1, 30.0)
        self.ca_file = absolute(get, 'ca-file')
        self.spool = absolute(get, 'spool')
        self.spool_count = int(number(get, 'spool-count', 1000, 0, 1000000))
        self.spool_bytes = int(number(get, 'spool-bytes', 10000000, 0, 10 ** 12))

    def credentials(self):
        """What vouches for what is sent: read now, because tokens are replaced while they are shown. Raises HookError and OSError."""
        if self.token_file and self.secret_file:
            raise HookError('[headgate] has both secret-file and token-file')
        return Token(read_token(self.token_file)) if self.token_file else Secret(read_secret(self.secret_file))

    def address(self):
        """Where deliveries go."""
        return address_of('url', self.url, 'https://headgate.example.com/hooks/hg')


class Gate(object):
    """What the same section says of looking at pushes before they are kept."""

    def __init__(self, get):
        """get: as for Settings."""
        self.url = get('gate-url')
        self.source = get('gate-source')
        self.paths = [path.strip().strip('/') for path in (get('gate-paths') or '').split(',')]
        self.timeout = number(get, 'gate-timeout', 2.0, 0.1, 30.0)
        self.closed = one_of(get, 'gate', ('open', 'closed')) == 'closed'

    def address(self):
        """Where the question goes."""
        return address_of('gate-url', self.url, 'https://headgate.example.com/v1/preflight')


def address_of(name, url, example):
    """Scheme, host, port and path."""
    if not url:
        raise HookError('[headgate] %s is not set' % name)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise HookError('[headgate] %s is none' % name)
    if parts.scheme not in ('http', 'https') or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise HookError('[headgate] %s is no address such as %s' % (name, example))
    return parts.scheme, parts.hostname, port, parts.path or '/'


def one_of(get, name, words):
    """The first one is the default."""
    value = get(name) or words[0]
    if value not in words:
        raise HookError('[headgate] %s is none of %s' % (name, ', '.join(words)))
    return value


def absolute(get, name):
    """A path that does not depend on where somebody happens to stand."""
    value = get(name)
    if value and not os.path.isabs(value):
        raise HookError('[headgate] %s is not an absolute path' % name)
    return value or None


def number(get, name, default, least, most):
    """A number within bounds."""
    text = get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        raise HookError('[headgate] %s is no number' % name)
    if not least <= value <= most:
        raise HookError('[headgate] %s is not between %s and %s' % (name, least, most))
    return value


def items_of_ui(ui):
    """What hg has read of its configuration, as far as it trusts the files."""
    def get(name):
        value = ui.config(b'headgate', name.encode('ascii'))
        return None if value is None else os.fsdecode(value)
    return get


def settings_of_file(path):
    """The section [headgate] of one file, read without hg: no %include, no other files."""
    values, section, name = {}, None, None
    with open(path, encoding='utf-8', errors='surrogateescape') as lines:
        for line in lines:
            if not line.strip() or line[0] in '#;%':
                continue
            header = re.match(r'\[([^\[\]]+)\]', line)
            if header:
                section, name = header.group(1), None
            elif line[0].isspace():
                if section == 'headgate' and name:
                    values[name] += '\n' + line.strip()
            else:
                name, _, value = (part.strip() for part in line.partition('='))
                if section == 'headgate':
                    values[name] = value
    return Settings(values.get)


def read_secret(path):
    """The key that deliveries are signed with: the bytes of the file without its last newline, or after `whsec_` what the base64 stands for."""
    if not path:
        raise HookError('[headgate] has neither secret-file nor token-file')
    with open(path, 'rb') as file:
        text = file.read(SECRET_BYTES)
    text = text[:-1] if text.endswith(b'\n') else text
    text = text[:-1] if text.endswith(b'\r') else text
    if len(text) < SECRET_LEAST:
        raise HookError('%s holds less than %d characters' % (path, SECRET_LEAST))
    if not text.startswith(b'whsec_'):
        return text
    try:
        return base64.b64decode(text[len(b'whsec_'):], validate=True)
    except binascii.Error:
        raise HookError('%s begins with whsec_ and does not go on with base64' % path)


def read_token(path):
    """A token that an issuer gave to this host: what the file holds, without white space around it (RFC 6750 section 2.1)."""
    with open(path, 'rb') as file:
        token = file.read(TOKEN_BYTES + 1).strip()
    if len(token) > TOKEN_BYTES or not TOKEN.match(token):
        raise HookError('%s holds no token' % path)
    return token.decode('ascii')


class Secret(object):
    """Signs what is sent with what Headgate knows as well."""

    def __init__(self, key):
        self.key = key

    def headers(self, _address, message):
        """As Standard Webhooks 1.0.0 says. Signed now."""
        moment = int(time.time())
        return [
            'webhook-timestamp: %d' % moment,
            'webhook-signature: ' + signature_of(self.key, message.ident, moment, message.body),
        ]


class Token(object):
    """Is shown with what is sent, as it is: only to a server that has proven who it is, or to one on this machine."""

    def __init__(self, text):
        self.text = text

    def headers(self, address, _message):
        """Raises HookError where others could read it on the way."""
        scheme, host = address[:2]
        if scheme != 'https' and host not in HERE:
            raise HookError('a token is not shown to %s without TLS: begin the address with https://' % host)
        return ['Authorization: Bearer ' + self.text]


# ----------------------------------------------------------------------------------------------------------------- payload


def payload_of(settings, repo, kw):
    """What is told of a transaction, as the form of version 1. kw: what hg gives to the hook; values are bytes."""
    changes = kw.get('changes') or {}
    bookmarks = changes.get(b'bookmarks') or {}
    return {
        'v': 1,
        'type': 'hg.txn',
        'repo': public_url(settings, repo.root),
        'txn': text_of(kw.get('txnid')),
        'source': text_of(kw.get('source')),
        'url': text_of(kw.get('url')),
        'pusher': pusher_of(kw.get('url'), repo.ui.environ),
        'node': text_of(kw.get('node')),
        'node_last': text_of(kw.get('node_last')),
        'bookmarks': bookmarks_of(bookmarks),
        'bookmarks_moved': len(bookmarks),
        'phases_moved': phases_moved(changes.get(b'phases') or ()),
        'obsmarkers': len(changes.get(b'obsmarkers') or ()),
        'hooktype': text_of(kw.get('hooktype')),
        'hg': hg_version(),
        'at': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime()),
    }


def public_url(settings, root):
    """The URL under which Headgate knows the repository; None for one that the configuration does not speak of."""
    if settings.repo:
        return settings.repo
    if not settings.base or not settings.root:
        raise HookError('[headgate] needs repo, or base and root')
    within = os.path.relpath(os.path.realpath(os.fsdecode(root)), os.path.realpath(settings.root))
    if within == os.curdir or within.split(os.sep)[0] == os.pardir:
        return None
    return settings.base.rstrip('/') + '/' + quote(os.fsencode(within.replace(os.sep, '/')), safe='/')


def text_of(value):
    """Bytes that hg gives, as text that JSON can hold."""
    return value.decode('utf-8', 'replace') if isinstance(value, bytes) else None


def bookmarks_of(moved):
    """The first ones that have moved, each with its old and its new node."""
    first = sorted(moved.items())[:BOOKMARKS_TOLD]
    return {text_of(name): [hex_of(old), hex_of(new)] for name, (old, new) in first}


def hex_of(node):
    """None for a bookmark that was not there before, or is not any more."""
    return binascii.hexlify(node).decode('ascii') if node else None


def phases_moved(phases):
    """Whether a changeset that was there before has another phase. Entries are pairs: of revisions, and of old and new phase."""
    pairs = phases.items() if hasattr(phases, 'items') else phases
    return any(old is not None for _, (old, _new) in pairs)


def hg_version():
    """The version of the hg around us, or None."""
    try:
        from mercurial import util
    except ImportError:
        return None
    return text_of(util.version())


def pusher_of(url, environ):
    """Who pushes, and how this host knows: never from what the changesets say of their authors.

    By HTTP it is the login of the web server, which hg hands on in its URL (`remote:http:HOST:USER`, percent-encoded); by SSH what the forced command
    of the key says, or else the key itself. Whoever pushes locally owns this process: their name is told, and proves nothing.
    """
    parts = (url or b'').split(b':')
    if parts[0] != b'remote':
        return named(local_user(), 'local')
    if parts[1:2] == [b'ssh']:
        forced = environ.get(b'HEADGATE_USER')
        return named(utf8(forced), 'HEADGATE_USER') if forced else named(ssh_key(environ.get(b'SSH_USER_AUTH')), 'SSH_USER_AUTH')
    return named(utf8(unquote_to_bytes(parts[3])), 'REMOTE_USER') if len(parts) == 4 else None


def named(name, via):
    """None for nobody, and for a name that cannot be told whole: half of one would be another's."""
    if not name or len(name) > NAME_CHARS or any(ord(char) < 32 or 127 <= ord(char) < 160 for char in name):
        return None
    return {'name': name, 'via': via}


def utf8(value):
    """None for bytes that are no UTF-8."""
    try:
        return value.decode('utf-8')
    except UnicodeDecodeError:
        return None


def local_user():
    """The account that this process runs as."""
    try:
        import pwd
        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return None


def ssh_key(path):
    """The fingerprint of the key that sshd let in, from the file that `ExposeAuthInfo yes` makes it write; None unless it is exactly one plain key."""
    if not path:
        return None
    try:
        with open(path, 'rb') as file:
            lines = file.read(ANSWER_BYTES).splitlines()
    except OSError:
        return None
    keys = [line.split()[1:3] for line in lines if line.startswith(b'publickey ')]
    if len(keys) != 1 or len(keys[0]) != 2 or b'-cert-' in keys[0][0]:
        return None
    try:
        digest = hashlib.sha256(base64.b64decode(keys[0][1], validate=True)).digest()
    except binascii.Error:
        return None
    return 'SHA256:' + base64.b64encode(digest).decode('ascii').rstrip('=')


# ----------------------------------------------------------------------------------------------------------------- sending


class Message(object):
    """What is to be sent: its id, which is the transaction's however often it is sent, and its body."""

    def __init__(self, ident, body):
        self.ident = ident
        self.body = body


def message_of(payload):
    """A transaction without an id that can be sent gets one of its own."""
    ident = payload['txn'] or ''
    if not TXN_ID.match(ident):
        ident = 'hook:' + binascii.hexlify(os.urandom(20)).decode('ascii')
    return Message(ident, json.dumps(payload, sort_keys=True).encode('ascii'))


class Outcome(object):
    """What came of an attempt. done: there is nothing to send again. taken: because Headgate has it."""

    def __init__(self, done, said, taken=False):
        self.done = done
        self.said = said
        self.taken = taken


def signature_of(key, ident, moment, body):
    """As Standard Webhooks 1.0.0 says, "Signature scheme"."""
    content = ('%s.%d.' % (ident, moment)).encode('ascii') + body
    return 'v1,' + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode('ascii')


def send(settings, credentials, message, deadline):
    """One attempt to deliver. deadline: as time.monotonic. Raises HookError alone."""
    try:
        return outcome_of(*post(settings, settings.address(), credentials, message, deadline, ANSWER_BYTES))
    except (OSError, ValueError) as error:
        return Outcome(False, 'is not reachable (%s)' % reason_of(error))


def post(settings, address, credentials, message, deadline, most):
    """Status and body of the answer, at most so many bytes of it. Never follows a redirect, asks no proxy. Raises OSError, ValueError and HookError."""
    scheme, host, port, path = address
    request = '\r\n'.join([
        'POST %s HTTP/1.1' % path,
        'Host: %s%s' % ('[%s]' % host if ':' in host else host, ':%d' % port if port else ''),
        'User-Agent: headgate-hook/' + VERSION,
        'Content-Type: application/json',
        'Content-Length: %d' % len(message.body),
        'webhook-id: ' + message.ident,
        'Connection: close',
    ] + credentials.headers(address, message) + ['', '']).encode('ascii') + message.body
    connection = connect(settings, scheme, host, port, deadline)
    try:
        return read_answer(exchange(connection, request, deadline, most))
    finally:
        connection.close()


def left_until(deadline):
    """Seconds, for the next step that may take time."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout('timed out')
    return left


def connect(settings, scheme, host, port, deadline):
    """An open connection. By TLS the certificate is verified: against ca-file where it is set."""
    plain = socket.create_connection((looked_up(host), port or (443 if scheme == 'https' else 80)), timeout=left_until(deadline))
    if scheme == 'http':
        return plain
    try:
        import ssl
        context = ssl.create_default_context(cafile=settings.ca_file)
        plain.settimeout(left_until(deadline))
        return context.wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def looked_up(host):
    """The name as bytes where it is ASCII: for text, Python loads its tables of internationalised names first, which takes longer than to connect."""
    try:
        return host.encode('ascii')
    except UnicodeEncodeError:
        return host


def exchange(connection, request, deadline, most):
    """Sends a request, and gives what comes until the other side closes, as it was asked to, or until it is enough."""
    connection.settimeout(left_until(deadline))
    connection.sendall(request)
    answer = b''
    while len(answer) < most:
        connection.settimeout(left_until(deadline))
        part = connection.recv(ANSWER_BYTES)
        if not part:
            break
        answer += part
    return answer


def read_answer(answer):
    """Status and body of an HTTP response. By hand: http.client takes longer to load than all the rest of this takes. Raises ValueError."""
    head, _, body = answer.partition(b'\r\n\r\n')
    status = re.match(br'HTTP/1\.[01] ([0-9]{3})[ \r\n]', head + b'\r\n')
    if not status:
        raise ValueError('no HTTP')
    fields = head.lower().split(b'\r\n')[1:]
    if any(field.startswith(b'transfer-encoding:') and b'chunked' in field for field in fields):
        body = unchunked(body)
    return int(status.group(1)), body


def unchunked(body):
    """What the chunks hold (RFC 9112 section 7.1), as far as they are whole."""
    parts = []
    while True:
        line, _, body = body.partition(b'\r\n')
        size = re.match(br'[0-9A-Fa-f]{1,8}', line)
        length = int(size.group(0), 16) if size else 0
        if not length:
            return b''.join(parts)
        parts.append(body[:length])
        body = body[length + 2:]


def reason_of(error):
    """Of an error of the network, in few words."""
    if isinstance(error, socket.timeout):
        return 'timed out'
    if isinstance(error, OSError):
        return getattr(error, 'reason', None) or error.strerror or type(error).__name__
    return 'that is no HTTP'


def outcome_of(status, body):
    """What an answer means."""
    try:
        answer = json.loads(body.decode('utf-8'))
    except ValueError:
        answer = None
    answer = answer if isinstance(answer, dict) else {}
    if status in (200, 202):
        return accepted(status, answer)
    code = answer.get('code')
    known = ' ' + code if isinstance(code, str) and PROBLEM_CODE.match(code) else ''
    return Outcome(400 <= status < 500 and status not in LATER, 'answered %d%s' % (status, known))


def accepted(status, answer):
    """Whatever else answers 200 is not Headgate, and has taken nothing."""
    delivery = answer.get('delivery')
    if isinstance(delivery, str) and DELIVERY.match(delivery):
        return Outcome(True, ('queued ' if status == 202 else 'known already: ') + delivery, True)
    return Outcome(False, 'answered %d, but not as Headgate does' % status)


# ------------------------------------------------------------------------------------------------------------------- spool


def spool_of(settings):
    """The directory, when it is one that nobody but its owner and group can write to: what lies in it will be signed."""
    if not settings.spool:
        raise HookError('there is no spool')
    mode = os.stat(settings.spool).st_mode
    if mode & 0o002:
        raise HookError('everybody may write to the spool')
    return settings.spool


def spooled(spool):
    """Names of what is kept, the oldest first."""
    return sorted(name for name in os.listdir(spool) if name.endswith('.json') and not name.startswith('.'))


def keep(settings, message):
    """Keeps a message for later, whole or not at all. Raises HookError or OSError where it cannot."""
    spool = spool_of(settings)
    data = json.dumps({'id': message.ident, 'body': message.body.decode('ascii')}).encode('ascii')
    require_room(settings, spool, len(data))
    handle, temporary = tempfile.mkstemp(prefix='.new-', dir=spool)  # 0600
    try:
        with os.fdopen(handle, 'wb') as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        digest = hashlib.sha256(message.ident.encode('ascii')).hexdigest()[:16]
        os.rename(temporary, os.path.join(spool, '%020d-%s.json' % (int(time.time() * 1e6), digest)))
    except BaseException:
        os.unlink(temporary)
        raise


def require_room(settings, spool, size):
    """Bounds the spool in count and bytes; half-written files of processes that were killed count, too."""
    names = os.listdir(spool)
    used = 0
    for name in names:
        try:
            used += os.lstat(os.path.join(spool, name)).st_size
        except OSError:
            continue
    if len(names) >= settings.spool_count or used + size > settings.spool_bytes:
        raise HookError('the spool is full')


def load(path):
    """A message that was kept; None for what is none."""
    handle = os.open(path, os.O_RDONLY | getattr(os, 'O_NOFOLLOW', 0))
    with os.fdopen(handle, 'rb') as file:
        data = file.read(1024 * 1024)
    try:
        value = json.loads(data.decode('ascii'))
        ident, body = value['id'], value['body'].encode('ascii')
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return Message(ident, body) if isinstance(ident, str) and TXN_ID.match(ident) else None


def flush(settings, credentials, deadline_of, most=None):
    """Sends what was kept, the oldest first, until something cannot be sent. deadline_of: called for each attempt.

    Gives how many are gone, how many are left, and what stopped it. What another account has kept may not be readable for this one: it is left.
    """
    spool = spool_of(settings)
    names = spooled(spool)
    gone = 0
    for name in names[:most]:
        path = os.path.join(spool, name)
        try:
            message = load(path)
        except OSError:
            continue
        outcome = send(settings, credentials, message, deadline_of()) if message else Outcome(True, 'is damaged')
        if not outcome.done:
            return gone, len(spooled(spool)), outcome.said
        unlink(path)
        gone += 1
    return gone, len(spooled(spool)), None


def unlink(path):
    """Another process may have been faster."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


# ------------------------------------------------------------------------------------------------------------------- hooks


def txnclose(ui, repo, hooktype=None, **kw):
    """The hook of that name: runs once for each transaction that has closed, whatever it brought. Never fails."""
    try:
        settings = Settings(items_of_ui(ui))
        payload = payload_of(settings, repo, dict(kw, hooktype=hooktype))
        said = tell(settings, payload) if payload['repo'] else None
    except Exception as error:  # whatever it is: the push has gone through, and people read this line, not a traceback
        said = 'nothing was sent (%s)' % (error if isinstance(error, (HookError, OSError)) else repr(error))
    if said:
        ui.status(b'headgate: ' + printable(said) + b'\n')
    return False


def printable(text):
    """One line for a terminal."""
    return ''.join(char if 32 <= ord(char) < 127 else '?' for char in text).encode('ascii')


def tell(settings, payload):
    """Sends it, and what was kept before; or keeps it. Gives the line that the pusher reads."""
    settings.address()  # without one there is nothing to keep it for
    message = message_of(payload)
    outcome = attempt(settings, message)
    if outcome.done:
        return outcome.said
    try:
        keep(settings, message)
        return '%s, kept for later' % outcome.said
    except (HookError, OSError) as error:
        why = error if isinstance(error, HookError) else 'spool: %s' % (error.strerror or type(error).__name__)
        return '%s, and it could not be kept (%s): a sweep will find it' % (outcome.said, why)


def attempt(settings, message):
    """What comes of sending it within the time that a push may wait."""
    deadline = time.monotonic() + settings.timeout
    try:
        return in_time(deadline, lambda report: tell_and_flush(settings, message, deadline, report))
    except TooLate:
        return Outcome(False, 'did not answer in time')
    except Exception as error:  # whatever it is, the news are kept
        return Outcome(False, 'cannot be told: %s' % (error if isinstance(error, (HookError, OSError)) else repr(error)))


def tell_and_flush(settings, message, deadline, report):
    """What was kept is sent after the news, and only when those have arrived."""
    credentials = settings.credentials()
    outcome = send(settings, credentials, message, deadline)
    report(outcome)
    if outcome.taken and settings.spool:
        flush(settings, credentials, lambda: deadline, FLUSHED_BY_HOOK)


class TooLate(HookError):
    """The time that a push may wait is over."""


def in_time(deadline, work):
    """What work(report) reports first, or raises before it does; raises TooLate where it has done neither by then.

    It is waited for until it ends or the time is over, in a thread of its own: looking up a name knows no timeout, and a proxy may drip.
    """
    reported = []

    def run():
        try:
            work(reported.append)
        except Exception as error:  # raised again below, by the thread that waits
            reported.append(error)

    thread = threading.Thread(target=run, name='headgate')
    thread.daemon = True
    thread.start()
    thread.join(max(0.0, deadline - time.monotonic()))
    if not reported:
        raise TooLate('Headgate did not answer in time')
    if isinstance(reported[0], Exception):
        raise reported[0]
    return reported[0]


# -------------------------------------------------------------------------------------------------------------------- gate


def pretxnclose(ui, repo, hooktype=None, **kw):
    """The hook of that name: has Headgate look at what would be deployed, while the transaction can still be taken back.

    Makes a push fail when Headgate refuses it, and with `gate = closed` also when Headgate cannot be asked. Whoever pushes reads why.
    """
    gate = None
    try:
        get = items_of_ui(ui)
        gate = Gate(get)
        refused, lines = ask_gate(Settings(get), gate, repo, kw)
    except Exception as error:  # as in txnclose: people read a line, and what it means for the push is configured
        refused = gate is None or gate.closed
        known = isinstance(error, (HookError, OSError, ValueError))
        said = (reason_of(error) if isinstance(error, (OSError, ValueError)) else error) if known else repr(error)
        lines = ['manifests were not looked at (%s)%s' % (said, ': refused, because the gate is closed' if refused else '')]
    for line in lines:
        ui.warn(b'headgate: ' + printable(line) + b'\n')
    return refused


def ask_gate(settings, gate, repo, kw):
    """Whether the push is refused, and the lines to say. Raises what keeps it from being known."""
    address = gate.address()
    if not gate.source:
        raise HookError('[headgate] gate-source is not set')
    url = public_url(settings, repo.root)
    questions = questions_of(gate, repo, url, kw) if url else []
    if not questions:
        return False, []
    credentials = settings.credentials()
    deadline = time.monotonic() + gate.timeout
    refused, lines = False, []
    for question in questions:
        message = message_for(question)
        status, body = in_time(deadline, lambda report: report(post(settings, address, credentials, message, deadline, GATE_ANSWER_BYTES)))
        verdict, said = verdict_of(status, body)
        refused = refused or verdict == 'refuse'
        lines += said
    return refused, lines[:GATE_LINES] + (['and %d more' % (len(lines) - GATE_LINES)] if len(lines) > GATE_LINES else [])


def questions_of(gate, repo, url, kw):
    """One for each branch and bookmark that the transaction moves, if anything that is deployed lies in what it leads to."""
    changes = kw.get('changes') or {}
    questions = []
    for ref, context in moved_by(repo, kw.get('node'), changes.get(b'bookmarks') or {}):
        files = files_of(context, gate.paths)
        if files:
            revision = context.hex().decode('ascii')
            questions.append({'source': gate.source, 'repository': url, 'ref': ref, 'revision': revision, 'files': files})
    return questions


def moved_by(repo, first, bookmarks):
    """Refs with what they are going to lead to. first: the first new changeset, in hex; those of one transaction are the newest of all."""
    whole = repo.unfiltered()  # what is obsolete already arrives all the same
    new = range(whole[first].rev(), len(whole)) if first else ()
    branches = sorted(set(whole[rev].branch() for rev in new))
    moved = [('branch:' + text_of(branch), whole[whole.branchtip(branch)]) for branch in branches]
    return moved + [('bookmark:' + text_of(name), whole[node]) for name, (_, node) in sorted(bookmarks.items()) if node]


def files_of(context, paths):
    """Text files below the paths, as they are going to be. Raises HookError for more than can be asked about."""
    files, size = [], 0
    prefixes = tuple(os.fsencode(path) + b'/' for path in paths if path)
    for path in context.manifest():
        if prefixes and not path.startswith(prefixes):
            continue
        data = context[path].data()
        size += len(data)
        if size > GATE_BYTES or len(files) >= GATE_FILES:
            raise HookError('more than %d files or %d bytes lie below gate-paths' % (GATE_FILES, GATE_BYTES))
        name, text = utf8(path), utf8(data)
        if name is not None and text is not None:
            files.append({'path': name, 'text': text})
    return files


def message_for(question):
    """Signed as a delivery is, under an id that no delivery has."""
    return Message('gate:' + binascii.hexlify(os.urandom(20)).decode('ascii'), json.dumps(question).encode('ascii'))


def verdict_of(status, body):
    """`pass` or `refuse`, and a line for each finding. Raises HookError for any other answer."""
    try:
        answer = json.loads(body.decode('utf-8'))
    except ValueError:
        answer = None
    answer = answer if isinstance(answer, dict) else {}
    verdict = answer.get('verdict')
    if status != 200 or verdict not in ('pass', 'refuse'):
        code = answer.get('code')
        raise HookError('answered %d%s' % (status, ' ' + code if isinstance(code, str) and PROBLEM_CODE.match(code) else ''))
    findings = [finding for finding in answer.get('findings') or () if isinstance(finding, dict)]
    return verdict, [line_of(finding) for finding in findings]


def line_of(finding):
    """`error: apps/web.yaml:3: ...`"""
    place = finding.get('path') or ''
    place += ':%s' % finding['line'] if place and isinstance(finding.get('line'), int) else ''
    return '%s: %s%s' % (finding.get('severity'), place + ': ' if place else '', finding.get('message'))


# ------------------------------------------------------------------------------------------------------------ command line


def main(arguments):
    """`flush --config FILE`. Exit codes: 0 nothing is left, 1 something is, 2 not understood."""
    if len(arguments) != 3 or arguments[:2] != ['flush', '--config']:
        sys.stderr.write('usage: python3 headgate_hook.py flush --config FILE\n')
        return 2
    try:
        settings = settings_of_file(arguments[2])
        gone, left, stopped = flush_all(settings)
    except (HookError, OSError) as error:
        sys.stderr.write('headgate: %s\n' % error)
        return 1
    if stopped:
        sys.stderr.write('headgate: %s\n' % stopped)
    if gone or left:
        sys.stdout.write('headgate: %d sent, %d left\n' % (gone, left))
    return 1 if left else 0


def flush_all(settings):
    """Each attempt has the configured time."""
    return flush(settings, settings.credentials(), lambda: time.monotonic() + settings.timeout)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

// Keeps a page current: takes the part that the server renders again and changes only what differs, so that focus,
// selection and what is unfolded stay. The pages work without it.
'use strict';

const live = document.getElementById('live');
const connection = document.getElementById('connection');

function sameKind(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName && (one.id || '') === (other.id || '');
}

function morphAttributes(old, wanted) {
  for (const { name, value } of [...wanted.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) {
    const isOfReader = name === 'open' && old.nodeName === 'DETAILS';
    if (!isOfReader && !wanted.hasAttribute(name)) old.removeAttribute(name);
  }
}

function morph(old, wanted) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== wanted.data) old.data = wanted.data;
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) return;
  morphAttributes(old, wanted);
  morphChildren(old, wanted);
}

/** Elements with an id are the same thing wherever they stand; others go by their place. */
function morphChildren(old, wanted) {
  let at = old.firstChild;
  for (const child of [...wanted.childNodes]) {
    const known = child.id ? [...old.children].find((own) => own.id === child.id && sameKind(own, child)) : undefined;
    const match = known ?? (at !== null && sameKind(at, child) ? at : undefined);
    if (match === undefined) {
      old.insertBefore(document.importNode(child, true), at);
      continue;
    }
    if (match === at) at = at.nextSibling;
    else old.insertBefore(match, at);
    morph(match, child);
  }
  while (at !== null) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function show(text) {
  const parsed = new DOMParser().parseFromString(text, 'text/html');
  const wanted = document.createElement('div');
  wanted.append(...parsed.body.childNodes);
  morphChildren(live, wanted);
  refreshAges();
}

function formatAge(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86400)}d`;
}

function refreshAges() {
  for (const time of document.querySelectorAll('time[data-age]')) {
    const text = `${formatAge(Date.now() - Date.parse(time.dateTime))} ago`;
    if (time.textContent !== text) time.textContent = text;
  }
}

function tell(word) {
  if (connection === null || connection.textContent === word) return;
  connection.hidden = false;
  connection.dataset.state = word.toLowerCase().split(' ')[0];
  connection.textContent = word;
}

function follow(address) {
  const stream = new EventSource(address);
  stream.addEventListener('open', () => tell('Live'));
  stream.addEventListener('fragment', (event) => show(event.data));
  // A stream that is refused for good (session over, server gone for another) does not come back by itself.
  stream.addEventListener('error', () => tell(stream.readyState === EventSource.CLOSED ? 'Stopped: reload the page' : 'Reconnecting'));
  window.addEventListener('pagehide', () => stream.close());
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) window.location.reload();
  });
}

document.addEventListener('keydown', (event) => {
  const typing = event.target instanceof Element && event.target.closest('input, select, textarea, [contenteditable]');
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || typing) return;
  const search = document.getElementById('q');
  if (search === null) return;
  event.preventDefault();
  search.focus();
  search.select();
});

// What is left empty stays out of the address.
document.addEventListener('submit', (event) => {
  if (!event.target.matches('.filters')) return;
  for (const field of event.target.elements) if (field.name) field.disabled = field.value === '';
});
window.addEventListener('pageshow', () => {
  for (const field of document.querySelectorAll('.filters [name]')) field.disabled = false;
});

if (live !== null && live.dataset.live) follow(live.dataset.live);
setInterval(refreshAges, 5000);

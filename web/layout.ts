import { html, type Html, type Part } from './html.ts';
import { viewerPart, type Viewer } from './viewer.ts';

/** A page, whoever looks at it. */
export interface Page {
  readonly title: string;
  /** Path of the entry of the navigation that this page belongs to. */
  readonly section?: string;
  /** What was searched for, to stand in the search field. */
  readonly query?: string;
  /** Address that sends the content again whenever something changes; absent: the page stands still. */
  readonly live?: string;
  /** What stands above the part that is sent again. */
  readonly before?: Part;
  readonly content: Html;
  /** Without navigation and search: for people who are not let in. */
  readonly closed?: boolean;
}

const sections = [
  ['/', 'Overview'],
  ['/changes', 'Changes'],
  ['/deliveries', 'Deliveries'],
  ['/policies', 'Policies'],
  ['/people', 'People'],
  ['/what-if', 'What if'],
] as const;

/** A whole document. It works without the script; the script only keeps it current. */
export function documentOf({ title, section, query, live, before, content, closed }: Page, viewer: Viewer | null): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Headgate</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/headgate.css">
<script src="/assets/headgate.js" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="top">
<a class="brand" href="/"><img src="/assets/icon.svg" alt="" width="20" height="20">Headgate</a>
${!closed && [navigation(section), searchForm(query)]}${viewer !== null && viewerPart(viewer)}
</header>
<main id="main" tabindex="-1">
${before}
<div id="live"${live !== undefined && html` data-live="${live}"`}>${content}</div>
</main>
<footer><span>Times are UTC.</span>${live !== undefined && html`<span id="connection" role="status" hidden></span>`}</footer>
</body>
</html>
`.toString();
}

function navigation(section: string | undefined): Html {
  const link = ([path, name]: (typeof sections)[number]): Html =>
    html`<li><a href="${path}"${path === section && html` aria-current="page"`}>${name}</a></li>`;
  return html`<nav aria-label="Pages"><ul>${sections.map(link)}</ul></nav>`;
}

function searchForm(query = ''): Html {
  return html`<form class="search" role="search" action="/search" method="get">
<label class="unseen" for="q">Search by commit, change or delivery</label>
<input id="q" name="q" type="search" value="${query}" placeholder="Commit, change, delivery" maxlength="255" required autocomplete="off" spellcheck="false" aria-keyshortcuts="/">
<button type="submit">Search</button>
</form>`;
}

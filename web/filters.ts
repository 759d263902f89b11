import { html, type Html } from './html.ts';

export interface Field {
  readonly name: string;
  readonly label: string;
  /** The values to choose from; any text when absent. */
  readonly options?: readonly string[];
  /** Example of a value. */
  readonly hint?: string;
}

type Query = Readonly<Record<string, string>>;

/** Filters as a form that leads to their address: what is looked at can be sent to somebody else. */
export function filterForm(path: string, fields: readonly Field[], query: Query, verb = 'Filter'): Html {
  const isFiltered = fields.some(({ name }) => query[name] !== undefined);
  return html`<form class="filters" action="${path}" method="get" aria-label="${verb}">
${fields.map((field) => input(field, query[field.name] ?? ''))}
<span class="actions"><button type="submit">${verb}</button>${isFiltered && html` <a href="${path}">Clear</a>`}</span>
</form>`;
}

function input({ name, label, options, hint }: Field, value: string): Html {
  const control = options
    ? html`<select id="filter-${name}" name="${name}"><option value="">any</option>${withCurrent(options, value).map((option) => choice(option, value))}</select>`
    : html`<input id="filter-${name}" name="${name}" value="${value}" placeholder="${hint}" maxlength="255" autocomplete="off" spellcheck="false">`;
  return html`<span class="field"><label for="filter-${name}">${label}</label>${control}</span>`;
}

/** What is asked for must be seen, also when it is none of the known ones. */
function withCurrent(options: readonly string[], value: string): readonly string[] {
  return value === '' || options.includes(value) ? options : [...options, value];
}

function choice(option: string, value: string): Html {
  return html`<option value="${option}"${option === value && html` selected`}>${option}</option>`;
}

/** Ways to the first page and to older ones; lists run from the newest. */
export function pager(path: string, query: Query, next: string | null): Html | false {
  const { cursor, ...filters } = query;
  if (next === null && cursor === undefined) return false;
  const address = (more: Query): string => {
    const text = new URLSearchParams({ ...filters, ...more }).toString();
    return text === '' ? path : `${path}?${text}`;
  };
  return html`<nav class="pager" aria-label="More">
${cursor !== undefined && html`<a href="${address({})}">Newest</a>`}
${next !== null && html`<a rel="next" href="${address({ cursor: next })}">Older</a>`}
</nav>`;
}

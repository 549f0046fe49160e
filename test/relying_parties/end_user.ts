// An end-user without a browser: keeps cookies, fills in our pages, and follows every redirect up to the address the test
// waits for. What it reads of a page is its forms, as a browser would.
import type { Person } from '../issuer_records.ts';

type Credentials = Pick<Person, 'username' | 'password'>;

interface Form {
  readonly action: string;
  /** Hidden inputs and what they hold. */
  readonly hidden: Readonly<Record<string, string>>;
  readonly fields: readonly string[];
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const decoded = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name] ?? '');

const attributesOf = (tag: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...tag.matchAll(/ ([a-z-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, decoded(value)]),
  );

export const formsOf = (page: string): readonly Form[] =>
  [...page.matchAll(/<form[^>]*>[\s\S]*?<\/form>/g)].map(([form]) => {
    const inputs = [...form.matchAll(/<input[^>]*>/g)].map(([tag]) => attributesOf(tag));
    const named = inputs.filter(({ name }) => name !== undefined);
    return {
      action: attributesOf(form.slice(0, form.indexOf('>'))).action ?? '',
      hidden: Object.fromEntries(
        named.filter(({ type }) => type === 'hidden').map(({ name = '', value = '' }) => [name, value]),
      ),
      fields: named.filter(({ type }) => type !== 'hidden').map(({ name = '' }) => name),
    };
  });

export interface Answers {
  /** What is pressed on the consent page. */
  readonly decision: 'allow' | 'deny';
  /** What is done where an open session is offered to go on with. */
  readonly choice: 'continue' | 'sign_in';
}

export interface Journey {
  /** Where it ended: the first address outside the issuer that `follows` does not name, or the last page. */
  readonly url: URL;
  /** What was posted there; undefined when it was reached by a redirect. */
  readonly posted: URLSearchParams | undefined;
  /** The paths of the issuer's pages that were shown, in their order. */
  readonly pages: readonly string[];
  readonly status: number;
  readonly body: string;
}

export interface EndUser {
  /** Opens an address and answers every page on the way. @param follows - origins to go on to, beside the issuer. */
  open(url: URL | string, answers?: Partial<Answers>, follows?: readonly string[]): Promise<Journey>;
  /** One request with the cookies kept, no redirect followed. */
  request(url: URL, init?: RequestInit): Promise<Response>;
}

const mostSteps = 20;

/** What browsers send with a form of a page that says Referrer-Policy: no-referrer. */
const formHeaders = {
  'content-type': 'application/x-www-form-urlencoded',
  origin: 'null',
  'sec-fetch-site': 'same-origin',
} as const;

interface FilledIn {
  readonly action: string;
  readonly values: Readonly<Record<string, string>>;
}

/** The form of a page to send, filled in; undefined where a page has none for us. */
const filledIn = (
  page: string,
  { decision, choice }: Answers,
  person: Credentials | undefined,
): FilledIn | undefined => {
  const forms = formsOf(page);
  const send = ({ action, hidden }: Form, typed: Readonly<Record<string, string>> = {}): FilledIn => ({
    action,
    values: { ...hidden, ...typed },
  });
  const [first] = forms;
  if (first !== undefined && choice === 'continue' && page.includes('name="choice"')) return send(first, { choice });
  const login = forms.find(({ fields }) => fields.includes('login'));
  if (login !== undefined && person !== undefined)
    return send(login, { login: person.username, password: person.password });
  const consent = forms.find(({ hidden }) => hidden.bound_to !== undefined);
  if (consent !== undefined) return send(consent, { decision });
  const only = forms.length === 1 ? first : undefined;
  return only !== undefined && (only.action === '/logout' || URL.canParse(only.action)) ? send(only) : undefined;
};

/** A fetch that keeps the cookies of each origin. */
const createCookieJar = (): EndUser['request'] => {
  const jars = new Map<string, Map<string, string>>();
  return async (url, init = {}) => {
    const jar = jars.get(url.origin) ?? new Map<string, string>();
    jars.set(url.origin, jar);
    const headers = new Headers(init.headers);
    headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/; *max-age=0/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  };
};

/** A request of the journey: a redirect followed, or a form sent. */
interface Step {
  readonly url: URL;
  readonly posted: URLSearchParams | undefined;
}

export const createEndUser = (issuer: string, person?: Credentials): EndUser => {
  const request = createCookieJar();
  const { origin } = new URL(issuer);

  /** Takes a step. @returns what came of it, and the next step where there is one. */
  const take = async ({ url, posted }: Step, answers: Answers) => {
    const init = posted === undefined ? {} : { method: 'POST', headers: formHeaders, body: posted.toString() };
    const response = await request(url, init);
    const { status, headers } = response;
    const body = await response.text();
    const location = headers.get('location');
    if (location !== null)
      return { status, body, page: undefined, next: { url: new URL(location, url), posted: undefined } };
    const form = status === 200 ? filledIn(body, answers, person) : undefined;
    const next = form && { url: new URL(form.action, url), posted: new URLSearchParams(form.values) };
    return { status, body, page: url.origin === origin ? url.pathname : undefined, next };
  };

  const open: EndUser['open'] = async (start, answers = {}, follows = []) => {
    const said: Answers = { decision: 'allow', choice: 'continue', ...answers };
    const followed = [origin, ...follows];
    const pages: string[] = [];
    let step: Step = { url: new URL(start), posted: undefined };
    for (let steps = 0; steps < mostSteps; steps += 1) {
      const { status, body, page, next } = await take(step, said);
      if (page !== undefined) pages.push(page);
      if (next === undefined) return { url: step.url, posted: undefined, pages, status, body };
      if (!followed.includes(next.url.origin)) return { ...next, pages, status, body };
      step = next;
    }
    throw new Error(`The journey from ${start} has more than ${mostSteps} steps; it came to ${step.url.href}`);
  };

  return { open, request };
};

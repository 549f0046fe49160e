// What a client may do, in words: the scope of OpenID Connect by what it means, that of a resource by its name, since only
// the resource knows. OpenID Connect Core 1.0 §5.4, RFC 8707 §2.
import { html } from 'hono/html';
import { claimNamesOf } from '../../tokens/user_claims.ts';
import type { Markup, Texts } from '../texts/catalogue.ts';
import { type Icon, icon } from './icons.ts';
import { visibleText } from './untrusted_text.ts';

export interface Access {
  readonly scope: readonly string[];
  /** Asked for by name. Those the scope covers are said with it. */
  readonly claims: readonly string[];
  readonly resources: readonly string[];
  /** As of a consent: where each scope value was allowed. */
  readonly resourceScope?: readonly string[];
}

type ExplainedScope = keyof Texts['scopes'];

const icons: Readonly<Record<ExplainedScope, Icon>> = {
  openid: 'badge',
  profile: 'person',
  email: 'mail',
  phone: 'phone',
  address: 'pin',
  roles: 'shield',
  offline_access: 'clock',
};

const explained = Object.keys(icons) as readonly ExplainedScope[];

/** What is said of an access: a title, and either a sentence or values as they are. */
interface Line {
  readonly icon: Icon;
  readonly what: string;
  readonly detail: string;
  readonly values: readonly string[];
  /** Whether the detail is of this request, and so is never left out. */
  readonly particular: boolean;
}

const claimWords = (name: string, { claims }: Texts): string =>
  Object.hasOwn(claims, name) ? claims[name as keyof Texts['claims']] : visibleText(name);

/** The scope values of resources, by where they are allowed; together where nothing says where. */
const placesOf = ({ scope, resources, resourceScope = [] }: Access) => {
  const values = scope.filter((value) => !explained.some((known) => known === value));
  if (resourceScope.length === 0 || resources.length === 1) return [{ resources, values }];
  const allowedAt = (resource: string) => values.filter((value) => resourceScope.includes(`${resource} ${value}`));
  return resources.map((resource) => ({ resources: [resource], values: allowedAt(resource) }));
};

const linesOf = (access: Access, texts: Texts): readonly Line[] => {
  const { scope, claims } = access;
  const lines: Line[] = explained
    .filter((value) => scope.includes(value))
    .map((value) => ({ icon: icons[value], ...texts.scopes[value], values: [], particular: false }));
  const others = claims.filter((name) => !claimNamesOf(scope).includes(name));
  if (others.length > 0) {
    const detail = others.map((name) => claimWords(name, texts)).join(', ');
    lines.push({ icon: 'lines', what: texts.claimsWhat, detail, values: [], particular: true });
  }
  for (const { resources, values } of placesOf(access)) {
    if (values.length === 0) continue;
    const detail = resources.map(visibleText).join(', ');
    lines.push({ icon: 'key', what: texts.resourceWhat, detail, values, particular: true });
  }
  return lines;
};

const valueList = (values: readonly string[]): Markup =>
  html`<span class="values">${values.map((value) => html`<code>${visibleText(value)}</code> `)}</span>`;

/** For the one who decides: every access with what it means. */
export const accessList = (access: Access, texts: Texts): Markup => html`<ul class="access">
${linesOf(access, texts).map(
  (
    line,
  ) => html`<li>${icon(line.icon)}<div><b>${line.what}</b> <span>${line.detail}</span> ${line.values.length > 0 && valueList(line.values)}</div></li>
`,
)}</ul>`;

/** For the one who decided: the same, short. */
export const accessWords = (access: Access, texts: Texts): Markup => html`<ul class="words">
${linesOf(access, texts).map(
  ({ what, detail, values, particular }) =>
    html`<li>${what}${particular && `: ${detail} `}${values.length > 0 && valueList(values)}</li>
`,
)}</ul>`;

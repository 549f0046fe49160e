/**
 * Keeps the keys section of an open page current: fetches the page again and carries the differences over node by node,
 * so that selection, focus, opened details and transitions survive. Without it the page is as current as when it was loaded.
 */
export const pageScript = `
const everyMilliseconds = 3000;
const keysOf = (page) => page.getElementById('keys');
const carryOver = (to, from) => {
  const [present, wanted] = [[...to.childNodes], [...from.childNodes]];
  if (to.nodeName !== from.nodeName || present.length !== wanted.length) return to.replaceWith(from);
  if (to.nodeType === Node.TEXT_NODE && to.data !== from.data) to.data = from.data;
  for (const { name } of [...(to.attributes ?? [])]) if (!from.hasAttribute(name) && name !== 'open') to.removeAttribute(name);
  for (const { name, value } of from.attributes ?? []) if (to.getAttribute(name) !== value) to.setAttribute(name, value);
  present.forEach((node, place) => carryOver(node, wanted[place]));
};
const refresh = async () => {
  try {
    const response = await fetch(location.href, { cache: 'no-store' });
    if (!response.ok) throw new Error('HTTP ' + response.status);
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    carryOver(keysOf(document), keysOf(page));
  } catch {
    keysOf(document).classList.add('stale');
  }
};
const run = async () => {
  if (!document.hidden) await refresh();
  setTimeout(run, everyMilliseconds);
};
setTimeout(run, everyMilliseconds);
`;

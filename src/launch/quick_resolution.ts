// Spares Node a good half of its start: of every `.js` that it imports it asks whether the package says "type": "module",
// and for the answer parses the whole package.json anew. That of drizzle-orm has 179 KB, and a hundred modules are loaded.
import { type ResolveFnOutput, registerHooks } from 'node:module';

const inPackage = /\/node_modules\/drizzle-orm\/.+\.js$/;
const isOfPackage = /^drizzle-orm(\/|$)/;

/** What the package's own names stand for, outside of it. */
const resolved = new Map<string, ResolveFnOutput>();

registerHooks({
  resolve: (specifier, context, nextResolve) => {
    const { parentURL = '' } = context;
    if (specifier.startsWith('.') && inPackage.test(parentURL))
      return { url: new URL(specifier, parentURL).href, format: 'module', shortCircuit: true };
    if (!isOfPackage.test(specifier) || !context.conditions.includes('import')) return nextResolve(specifier, context);
    const known = resolved.get(specifier);
    if (known !== undefined) return { ...known, shortCircuit: true };
    const found = nextResolve(specifier, context);
    resolved.set(specifier, found);
    return found;
  },
});

// Finds the files that entry points of the build consist of, by following their imports.
import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { PackError } from './pack-error.js';

/** The part of a module name that names a package: `@scope/name` or `name`. */
const packageOf = (specifier) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;

/** The call of `import()` or `require()`, whose argument is the name of a module. */
function isLoad(node) {
  if (!ts.isCallExpression(node)) return false;
  const { expression } = node;
  return (
    expression.kind === ts.SyntaxKind.ImportKeyword ||
    (ts.isIdentifier(expression) && expression.text === 'require')
  );
}

/** The node that names the imported module, if this node imports one. */
function moduleNameIn(node) {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) && node.argument.literal;
  return isLoad(node) ? node.arguments[0] : undefined;
}

/** @returns the modules that a file imports: statically, dynamically and for their types */
function specifiersIn(path) {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ESNext);
  const found = source.typeReferenceDirectives.map(({ fileName }) => fileName);
  const visit = (node) => {
    const name = moduleNameIn(node);
    if (name && ts.isStringLiteralLike(name)) found.push(name.text);
    else if (isLoad(node)) throw new PackError(`${path} loads a module whose name is not a literal`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function targetOf(path, specifier) {
  const target = join(dirname(path), specifier);
  return path.endsWith('.d.ts') ? target.replace(/\.js$/, '.d.ts') : target;
}

/**
 * Follows the relative imports of entry points.
 *
 * @param {string} folder of the build
 * @param {readonly string[]} entries paths relative to the folder
 * @returns the paths of all files, relative to the folder, and the packages that these import
 */
export function closureOf(folder, entries) {
  const files = new Set(entries.map((entry) => join(folder, entry)));
  const packages = new Map();
  // The set grows during the iteration.
  for (const path of files) {
    if (!existsSync(path)) throw new PackError(`The build has no ${relative(folder, path)}`);
    for (const specifier of specifiersIn(path)) {
      if (specifier.startsWith('.')) files.add(targetOf(path, specifier));
      else if (!isBuiltin(specifier) && specifier !== 'node') packages.set(packageOf(specifier), path);
    }
  }
  return { files: [...files].map((path) => relative(folder, path)).sort(), packages };
}

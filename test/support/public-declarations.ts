import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './built-service.js';

/** The declarations of the entry points that package.json exports, as an application sees them. */
export class PublicDeclarations {
  /** The entry points by name, such as `./guard`. */
  readonly entries: Readonly<Record<string, string>>;
  private readonly program: ts.Program;
  private readonly printer = ts.createPrinter({ removeComments: true });

  constructor() {
    const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
    };
    this.entries = Object.fromEntries(
      Object.entries(exports).flatMap(([name, value]) =>
        typeof value === 'string' ? [] : [[name, join(ROOT, value.types)]],
      ),
    );
    this.program = ts.createProgram(Object.values(this.entries), {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      skipLibCheck: true,
      types: ['node'],
    });
  }

  /** What an entry point exports, and what those declarations refer to, sorted and without comments. */
  of(entry: string): string {
    const checker = this.program.getTypeChecker();
    const source = this.program.getSourceFile(this.entries[entry] ?? '');
    const module = source && checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${entry} has no declarations: is it built?`);
    const exported = checker.getExportsOfModule(module).map((symbol) => resolved(checker, symbol));
    const all = new Set(exported);
    // The set grows during the iteration.
    for (const symbol of all) for (const other of this.referredTo(symbol)) all.add(other);
    const printed = (symbols: readonly ts.Symbol[]): string =>
      symbols
        .map((symbol) => this.print(symbol))
        .toSorted()
        .join('\n\n');
    const others = [...all].filter((symbol) => !exported.includes(symbol));
    return `// Exported by ${entry}\n\n${printed(exported)}\n\n// Referred to\n\n${printed(others)}\n`;
  }

  private print(symbol: ts.Symbol): string {
    const declarations = statementsOf(symbol).map((statement) =>
      this.printer.printNode(
        ts.EmitHint.Unspecified,
        withoutPrivateMembers(statement),
        statement.getSourceFile(),
      ),
    );
    return declarations.join('\n').replace(/^export /gm, '');
  }

  /** The declarations of this package that a declaration refers to. */
  private referredTo(symbol: ts.Symbol): readonly ts.Symbol[] {
    const checker = this.program.getTypeChecker();
    const found = new Set<ts.Symbol>();
    const visit = (node: ts.Node): void => {
      if (isPrivate(node)) return;
      const named = ts.isIdentifier(node) ? checker.getSymbolAtLocation(node) : undefined;
      if (named) {
        const target = resolved(checker, named);
        if (statementsOf(target).length > 0) found.add(target);
      }
      ts.forEachChild(node, visit);
    };
    for (const statement of statementsOf(symbol)) visit(statement);
    return [...found];
  }
}

function resolved(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
}

/** The statements of this package's own declarations that declare a symbol at the top of a file. */
function statementsOf(symbol: ts.Symbol): readonly ts.Statement[] {
  return (symbol.declarations ?? []).flatMap((declaration) => {
    const file = declaration.getSourceFile().fileName;
    if (!file.startsWith(join(ROOT, 'dist/')) || file.includes('node_modules')) return [];
    const statement = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
    return ts.isStatement(statement) && ts.isSourceFile(statement.parent) ? [statement] : [];
  });
}

function isPrivate(node: ts.Node): boolean {
  return (
    ts.canHaveModifiers(node) &&
    (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)
  );
}

/** Private members are part of a declaration, but of no use to an application. */
function withoutPrivateMembers(statement: ts.Statement): ts.Statement {
  if (!ts.isClassDeclaration(statement)) return statement;
  const { modifiers, name, typeParameters, heritageClauses, members } = statement;
  return ts.factory.updateClassDeclaration(
    statement,
    modifiers,
    name,
    typeParameters,
    heritageClauses,
    members.filter((member) => !isPrivate(member) && !(member.name && ts.isPrivateIdentifier(member.name))),
  );
}

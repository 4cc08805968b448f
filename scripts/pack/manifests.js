// Makes the package.json of each package from that of the repository.
import { relative } from 'node:path';
import { PackError } from './pack-error.js';

/** The entry points of the light package: folders of the build. */
export const CLIENT_ENTRIES = ['guard', 'token-client', 'testing'];

/** What the light package shares with the service. Fields that the repository does not have stay absent. */
const SHARED = ['version', 'license', 'author', 'homepage', 'repository', 'bugs', 'type', 'engines'];

/** The majors of Nest on which `test/system/nest-versions.test.ts` installs the light package. */
const NEST = '^10.0.0 || ^11.0.0 || ^12.0.0';

/** Every Nest application has these. The ranges of the last two are those of Nest 10 to 12. */
const PEERS = {
  '@nestjs/common': NEST,
  '@nestjs/core': NEST,
  'reflect-metadata': '^0.1.12 || ^0.2.0',
  rxjs: '^7.1.0',
};

/**
 * Packages that are loaded when an application that has them needs it to. A package becomes a peer if the
 * light package imports it.
 */
const OPTIONAL_PEERS = {
  '@nestjs/microservices': NEST,
  '@nestjs/websockets': NEST,
  'class-transformer': '>=0.4.0',
  'class-validator': '>=0.13.0',
};

/** What only the repository needs. */
const OF_THE_REPOSITORY = ['private', 'scripts', 'devDependencies', 'files'];

const exportOf = (folder) => ({
  types: `./dist/${folder}/index.d.ts`,
  default: `./dist/${folder}/index.js`,
});

/** @param repository the repository's package.json */
export function serviceManifest(repository, scope) {
  const kept = Object.entries(repository).filter(([field]) => !OF_THE_REPOSITORY.includes(field));
  return { ...Object.fromEntries(kept), name: `${scope}/${repository.name}` };
}

/**
 * @param repository the repository's package.json
 * @param packages the packages that the files of the light package import, each with a file that does
 */
export function clientManifest(repository, scope, packages) {
  for (const [name, path] of packages) {
    if (!Object.hasOwn({ ...PEERS, ...OPTIONAL_PEERS }, name)) {
      throw new PackError(`${relative('.', path)} imports ${name}, which is no peer of the light package`);
    }
  }
  const optional = Object.entries(OPTIONAL_PEERS).filter(([name]) => packages.has(name));
  const shared = SHARED.filter((field) => Object.hasOwn(repository, field));
  const main = exportOf('guard');
  return {
    name: `${scope}/identity-client`,
    description:
      'Verifies and requests the JWTs of identity-backend: a NestJS guard, a client, a testing kit',
    ...Object.fromEntries(shared.map((field) => [field, repository[field]])),
    main: main.default,
    types: main.types,
    exports: {
      '.': main,
      ...Object.fromEntries(CLIENT_ENTRIES.map((entry) => [`./${entry}`, exportOf(entry)])),
      './package.json': './package.json',
    },
    typesVersions: {
      '*': Object.fromEntries(CLIENT_ENTRIES.map((entry) => [entry, [exportOf(entry).types]])),
    },
    peerDependencies: { ...PEERS, ...Object.fromEntries(optional) },
    ...(optional.length > 0 && {
      peerDependenciesMeta: Object.fromEntries(optional.map(([name]) => [name, { optional: true }])),
    }),
  };
}

import { exportJWK, generateKeyPair, type GenerateKeyPairResult, type JWK, SignJWT } from 'jose';
import { NEW_YEAR } from './moved-clock.js';

/** The audience of the tokens: the `JWT_ISSUER` of `docs/no-client-secrets.md`. */
export const PLATFORM_AUDIENCE = 'https://identity.example.com';

type Claims = Readonly<Record<string, unknown>>;

/** A token as a platform publishes its shape. */
interface Shape {
  /** The header without `alg` and `kid`. */
  readonly header: Claims;
  readonly algorithm: 'RS256' | 'ES256';
  /** Fields of the key in the published set, in addition to `kid`. */
  readonly jwk: Claims;
  readonly claims: Claims;
}

const TENANT = 'aaaabbbb-0000-cccc-1111-dddd2222eeee';
const ENTRA_OBJECT = 'aaaaaaaa-bbbb-cccc-1111-222222222222';

const lasting = (seconds: number, notBefore = 0): Claims => ({
  iat: NEW_YEAR,
  nbf: NEW_YEAR - notBefore,
  exp: NEW_YEAR + seconds,
});

/** https://docs.gitlab.com/ci/secrets/id_token_authentication/: the payload of the example. */
const GITLAB: Claims = {
  namespace_id: '72',
  namespace_path: 'acme',
  project_id: '20',
  project_path: 'acme/app',
  user_id: '1',
  user_login: 'sample-user',
  user_email: 'sample-user@example.com',
  user_access_level: 'developer',
  pipeline_id: '574',
  pipeline_source: 'push',
  job_id: '302',
  ref: 'main',
  ref_type: 'branch',
  ref_path: 'refs/heads/main',
  ref_protected: 'true',
  environment: 'production',
  environment_protected: 'true',
  deployment_tier: 'production',
  runner_id: 1,
  runner_environment: 'self-hosted',
  sha: '714a629c0b401fdce83e847fc9589983fc6f46bc',
  project_visibility: 'private',
  ci_config_ref_uri: 'gitlab.com/acme/app//.gitlab-ci.yml@refs/heads/main',
  ci_config_sha: '714a629c0b401fdce83e847fc9589983fc6f46bc',
  jti: '235b3a54-b797-45c7-ae9a-f72d7bc6ef5b',
  iss: 'https://gitlab.com',
  ...lasting(3600, 5),
  sub: 'project_path:acme/app:ref_type:branch:ref:main',
  aud: PLATFORM_AUDIENCE,
};

/**
 * https://docs.github.com/actions/concepts/security/openid-connect#understanding-the-oidc-token, with the subject
 * of https://docs.github.com/actions/reference/security/oidc#immutable-subject-claims.
 */
const GITHUB: Claims = {
  jti: 'example-id',
  sub: 'repo:acme@123/app@456:ref:refs/heads/main',
  aud: PLATFORM_AUDIENCE,
  ref: 'refs/heads/main',
  sha: 'example-sha',
  repository: 'acme/app',
  repository_owner: 'acme',
  actor_id: '12',
  repository_visibility: 'private',
  repository_id: '456',
  repository_owner_id: '123',
  run_id: 'example-run-id',
  run_number: '10',
  run_attempt: '2',
  runner_environment: 'github-hosted',
  actor: 'octocat',
  workflow: 'deploy',
  head_ref: '',
  base_ref: '',
  event_name: 'push',
  ref_protected: 'true',
  ref_type: 'branch',
  workflow_ref: 'acme/app/.github/workflows/deploy.yml@refs/heads/main',
  workflow_sha: 'example-sha',
  job_workflow_ref: 'acme/automation/.github/workflows/deploy.yml@refs/heads/main',
  job_workflow_sha: 'example-sha',
  iss: 'https://token.actions.githubusercontent.com',
  ...lasting(300, 600),
};

/**
 * The part of a service account token that is the same in every cluster.
 *
 * https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens
 */
const KUBERNETES: Claims = {
  aud: [PLATFORM_AUDIENCE],
  ...lasting(3600),
  jti: 'aed34954-b33a-4142-b1ec-389d6bbb4936',
  'kubernetes.io': {
    namespace: 'prod',
    node: { name: 'my-node', uid: '646e7c5e-32d6-4d42-9dbd-e504e6cbe6b1' },
    pod: { name: 'report-worker-0', uid: '5e0bd49b-f040-43b0-99b7-22765a53f7f3' },
    serviceaccount: { name: 'report-worker', uid: '14ee3fa4-a7e2-420f-9f9a-dbc4507c3798' },
  },
  sub: 'system:serviceaccount:prod:report-worker',
};

/** The API server signs without a `typ`, and publishes `alg` and `use`. */
const KUBERNETES_KEY = { header: {}, algorithm: 'RS256', jwk: { use: 'sig', alg: 'RS256' } } as const;
const TYPED_RS256 = {
  header: { typ: 'JWT' },
  algorithm: 'RS256',
  jwk: { use: 'sig', alg: 'RS256' },
} as const;

/** The shapes, by the heading of the recipe in `docs/no-client-secrets.md`. */
const SHAPES = {
  'Kubernetes with public keys': {
    ...KUBERNETES_KEY,
    claims: {
      ...KUBERNETES,
      iss: 'https://oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE',
    },
  },
  'Kubernetes with private keys': {
    ...KUBERNETES_KEY,
    claims: { ...KUBERNETES, iss: 'https://kubernetes.default.svc.cluster.local' },
  },
  'GitHub Actions': {
    header: { typ: 'JWT', x5t: 'example-thumbprint' },
    algorithm: 'RS256',
    jwk: { use: 'sig', alg: 'RS256', x5t: 'example-thumbprint', x5c: ['MIIB'] },
    claims: GITHUB,
  },
  'GitLab CI/CD': { ...TYPED_RS256, claims: GITLAB },
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html
  AWS: {
    ...TYPED_RS256,
    claims: {
      aud: PLATFORM_AUDIENCE,
      sub: 'arn:aws:iam::123456789012:role/report-worker',
      'https://sts.amazonaws.com/': {
        org_id: 'o-abc1234567',
        aws_account: '123456789012',
        ou_path: ['o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/'],
        original_session_exp: '2026-01-01T10:00:00Z',
        source_region: 'eu-central-1',
        principal_id: 'arn:aws:iam::123456789012:role/report-worker',
        principal_tags: { environment: 'production' },
        request_tags: { job: 'nightly' },
      },
      iss: 'https://abc123-def456-ghi789-jkl012.tokens.sts.global.api.aws',
      iat: NEW_YEAR,
      exp: NEW_YEAR + 300,
      jti: '5488e298-0a47-4c5b-80d7-6b4ab8a4cede',
    },
  },
  // https://cloud.google.com/compute/docs/instances/verifying-instance-identity#token_format
  'Google Cloud': {
    ...TYPED_RS256,
    claims: {
      iss: 'https://accounts.google.com',
      iat: NEW_YEAR,
      exp: NEW_YEAR + 3600,
      aud: PLATFORM_AUDIENCE,
      sub: '112010400000000710080',
      azp: '112010400000000710080',
      email: 'report-worker@acme-prod.iam.gserviceaccount.com',
      email_verified: true,
      google: {
        compute_engine: {
          instance_creation_timestamp: 1_760_000_000,
          instance_id: '152986662232938449',
          instance_name: 'example',
          project_id: 'acme-prod',
          project_number: 739419398126,
          zone: 'europe-west3-a',
        },
      },
    },
  },
  // https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference, version 2.0.
  // The published keys have no `alg`; `exp` is 60 to 90 minutes and five more after `iat`.
  'Microsoft Entra': {
    header: { typ: 'JWT' },
    algorithm: 'RS256',
    jwk: { use: 'sig', x5t: 'example-thumbprint', x5c: ['MIIB'] },
    claims: {
      aud: '11112222-bbbb-3333-cccc-4444dddd5555',
      iss: `https://login.microsoftonline.com/${TENANT}/v2.0`,
      ...lasting(4500),
      aio: 'E2RgYLjw+4jT1tHyzvGfc+bu+fMA',
      azp: '00001111-aaaa-2222-bbbb-3333cccc4444',
      azpacr: '2',
      oid: ENTRA_OBJECT,
      rh: '0.AXEAE4t1Wn.',
      roles: ['tokens.request'],
      sub: ENTRA_OBJECT,
      tid: TENANT,
      uti: 'fqiBqXLPj0eQa82S-IYFAA',
      ver: '2.0',
    },
  },
  // https://github.com/spiffe/spiffe/blob/main/standards/JWT-SVID.md; SPIRE signs with ES256, names no issuer
  // and publishes neither `alg` nor `use: sig`.
  SPIFFE: {
    header: { typ: 'JWT' },
    algorithm: 'ES256',
    jwk: { use: 'jwt-svid' },
    claims: {
      aud: [PLATFORM_AUDIENCE],
      exp: NEW_YEAR + 300,
      iat: NEW_YEAR,
      sub: 'spiffe://example.org/ns/prod/sa/report-worker',
    },
  },
} as const satisfies Readonly<Record<string, Shape>>;

export type PlatformName = keyof typeof SHAPES;

export const PLATFORM_NAMES = Object.keys(SHAPES) as PlatformName[];

/** A platform that issues tokens, with a key of the test. */
export class Platform {
  readonly claims: Claims;
  private readonly shape: Shape;

  private constructor(
    readonly name: PlatformName,
    private readonly pair: GenerateKeyPairResult,
    private readonly exported: JWK,
  ) {
    this.shape = SHAPES[name];
    this.claims = this.shape.claims;
  }

  static async of(name: PlatformName): Promise<Platform> {
    const pair = await generateKeyPair(SHAPES[name].algorithm);
    return new Platform(name, pair, await exportJWK(pair.publicKey));
  }

  /** The key set as the platform publishes it; that of SPIFFE also has the key of certificates. */
  get keySet(): { readonly keys: readonly JWK[] } {
    const key = { ...this.exported, kid: this.name, ...this.shape.jwk };
    const { kty, crv, x, y } = this.exported;
    return {
      keys:
        this.name === 'SPIFFE' ? [{ use: 'x509-svid', kty, crv, x, y, x5c: ['MIIB'] } as JWK, key] : [key],
    };
  }

  /** A token of the published shape at {@link NEW_YEAR}; a claim that is `undefined` is omitted. */
  token(changes: Claims = {}): Promise<string> {
    const { header, algorithm } = this.shape;
    return new SignJWT(JSON.parse(JSON.stringify({ ...this.claims, ...changes })) as Claims)
      .setProtectedHeader({ ...header, alg: algorithm, kid: this.name })
      .sign(this.pair.privateKey);
  }
}
